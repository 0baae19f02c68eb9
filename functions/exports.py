"""What leaves the house as files, of whom, and for what purpose?"""

import azure.functions as func

from functions.edge import http, service_bus
from functions.edge.doors import roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

MAKERS = roles("data_administrator", "marketing_manager")
READERS = roles("data_administrator", "marketing_manager", "data_viewer", "operator")


@blueprint.function_name("advance_export")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%EXPORT_RUNS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="export-runs")
def advance_export(message: func.ServiceBusMessage) -> None:
    """Write the next part of an export; a part that was written is not written again."""
    app = application()
    asked = service_bus.read(message, app.advance_export)
    app.advance_export(asked, now=app.clock.now())


@blueprint.function_name("put_export")
@blueprint.route(route="api/exports/{export_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_export")
def put_export(req: func.HttpRequest) -> func.HttpResponse:
    """Keep an export; one that is there needs If-Match. Clinical ones are made by clinical staff alone."""
    app = application()
    draft = http.read(req, app.put_export)
    kept = app.put_export(
        draft,
        export_id=http.path(req, "export_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_export")
@blueprint.route(route="api/exports/{export_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_export")
def read_export(req: func.HttpRequest) -> func.HttpResponse:
    """Show one export, how its last run stands, and the etag to change it by."""
    found = application().read_export(export_id=http.path(req, "export_id"), caller=http.caller(req))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_exports")
@blueprint.route(route="api/exports", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_exports")
def list_exports(req: func.HttpRequest) -> func.HttpResponse:
    """Show exports in order of their state, with how they stand, a page at a time."""
    app = application()
    return http.ok(app.list_exports(http.query(req, app.list_exports), caller=http.caller(req)))


@blueprint.function_name("ask_for_export")
@blueprint.route(route="api/exports/{export_id}/runs", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="ask_for_export", status=202)
def ask_for_export(req: func.HttpRequest) -> func.HttpResponse:
    """Have a live export run now; how it ended is shown with the export."""
    app = application()
    export_id = http.path(req, "export_id")
    run = app.ask_for_export(
        export_id=export_id, made=http.request_id(req), caller=http.caller(req), now=app.clock.now()
    )
    return http.accepted(run, location=f"/api/exports/{export_id}")
