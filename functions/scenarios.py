"""What does the bot say?"""

import azure.functions as func

from functions.edge import http
from functions.edge.doors import roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

MAKERS = roles("omnichannel_administrator", "productivity_tools_administrator")
READERS = roles(
    "omnichannel_administrator", "productivity_tools_administrator", "omnichannel_supervisor", "operator"
)


@blueprint.function_name("put_scenario")
@blueprint.route(route="api/scenarios/{scenario_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_scenario")
def put_scenario(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a scenario as its next version, one that is there needs If-Match; no conversation notices."""
    app = application()
    definition = http.read(req, app.put_scenario)
    kept = app.put_scenario(
        definition,
        scenario_id=http.path(req, "scenario_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_scenario")
@blueprint.route(route="api/scenarios/{scenario_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_scenario")
def read_scenario(req: func.HttpRequest) -> func.HttpResponse:
    """Show one scenario as it now is, with the etag to change it by."""
    found = application().read_scenario(scenario_id=http.path(req, "scenario_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_scenarios")
@blueprint.route(route="api/scenarios", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_scenarios")
def list_scenarios(req: func.HttpRequest) -> func.HttpResponse:
    """Show scenarios in order of their state, a page at a time."""
    app = application()
    return http.ok(app.list_scenarios(http.query(req, app.list_scenarios)))
