"""Puts one host's addresses together: the app, the record and the pages over them."""

from collections.abc import Mapping

from starlette.applications import Starlette

from local.engine import Engine
from local.fhir_elsewhere import fhir_elsewhere
from local.fhir_server import fhir_app
from local.house import House
from local.http_server import routes_of
from local.oidc import issuer_at
from local.own_api import OwnApi
from local.pages.functions import FunctionPages
from local.pages.home import HomePage
from local.pages.messages import MessagePages
from local.pages.parked import ParkedPages
from local.pages.queues import QueuePages
from local.pages.rendering import Rendering
from local.pages.sign_in import SignIn
from local.pages.time_travel import TimeTravel
from local.travel import Travel
from local.web import Lifespan, web
from shared.access.model import Role


def site(  # one host has this many parts
    house: House,
    engine: Engine,
    travel: Travel,
    settings: Mapping[str, str],
    address: str,
    lifespan: Lifespan,
) -> Starlette:
    """Give the server of one host."""
    application = house.application
    folder = application.folder
    rendering = Rendering(settings["ORGANISATION_NAME"], travel.clock)
    issuer = issuer_at(f"{address}/local/oidc", folder / "keys", clock=travel.clock, ids=application.ids)
    pages = (
        HomePage(rendering, engine, address, folder, settings),
        SignIn(rendering, issuer, application.record, tuple(Role)),
        MessagePages(rendering, application.local_messages),
        QueuePages(rendering, engine),
        TimeTravel(rendering, travel),
        FunctionPages(rendering, engine),
        ParkedPages(rendering, OwnApi(address, issuer)),
    )
    return web(
        routes_of(engine.index.http, engine.workers),
        [route for page in pages for route in page.routes()],
        _record(house, address),
        lifespan,
    )


def _record(house: House, address: str) -> Starlette:
    """Give what answers at `/fhir`."""
    if house.embedded is None:
        return fhir_elsewhere(house.application.settings.fhir_base_url.rstrip("/"))
    return fhir_app(house.embedded, base_url=f"{address}/fhir")
