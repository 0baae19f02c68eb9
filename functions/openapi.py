"""What can be asked of this app, described from its own functions."""

from functools import cache
from typing import Any

import azure.functions as func

from functions import (
    access,
    activities,
    appointments,
    audit,
    consent,
    conversations,
    direct_line,
    exchange,
    exports,
    guidance,
    health,
    insights,
    journeys,
    matching,
    measures,
    messaging,
    operations,
    patients,
    routing,
    scenarios,
    segments,
    surveys,
    tasks,
    triggers,
)
from functions.edge import http
from functions.edge.doors import PUBLIC
from shared.wiring.composition import application

blueprint = func.Blueprint()

ROOMS = (
    access,
    activities,
    appointments,
    audit,
    consent,
    conversations,
    direct_line,
    exchange,
    exports,
    guidance,
    health,
    insights,
    journeys,
    matching,
    measures,
    messaging,
    operations,
    patients,
    routing,
    scenarios,
    segments,
    surveys,
    tasks,
    triggers,
)
TITLE = "Patient engagement"
VERSION = "0.1.0"


@blueprint.function_name("describe_api")
@blueprint.route(route="api/openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PUBLIC)
def describe_api(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    """Describe every route in OpenAPI 3.1."""
    return http.ok(_described())


@blueprint.function_name("show_api")
@blueprint.route(route="api/docs", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PUBLIC)
def show_api(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    """Show every route on a page that needs no script."""
    return http.html(_page())


@blueprint.function_name("allow_origins")
@blueprint.route(route="api/{*path}", methods=["OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PUBLIC)
def allow_origins(req: func.HttpRequest) -> func.HttpResponse:
    """Tell a browser what pages of other origins may send here: those that the settings name, no others."""
    return http.preflight(req)


@blueprint.function_name("allow_chat_origins")
@blueprint.route(route="v3/{*path}", methods=["OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PUBLIC)
def allow_chat_origins(req: func.HttpRequest) -> func.HttpResponse:
    """Tell a browser the same of the chat's own routes, which stand where Direct Line has them."""
    return http.preflight(req)


def _page() -> str:
    from functions.edge import docs_page  # noqa: PLC0415  # as below

    return docs_page.page(_described())


@cache
def _described() -> dict[str, Any]:
    from functions.edge import openapi  # noqa: PLC0415  # no cold start waits for what few ever ask

    blueprints = (*(room.blueprint for room in ROOMS), blueprint)
    return openapi.described(openapi.indexed(blueprints), application(), title=TITLE, version=VERSION)
