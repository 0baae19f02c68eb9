"""Can we show who did what to whom, and why?"""

import azure.functions as func

from functions.edge import http, service_bus
from functions.edge.doors import roles
from shared.wiring.composition import application

blueprint = func.Blueprint()


@blueprint.function_name("record_audit")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%AUDIT_ENTRIES_QUEUE%", connection="SERVICE_BUS"
)
@service_bus.settles(session=False, queue="audit-entries")
def record_audit(message: func.ServiceBusMessage) -> None:
    """Keep one entry for good; told twice, it is kept once."""
    app = application()
    entry = service_bus.read(message, app.keep_audit)
    app.keep_audit(entry, now=app.clock.now())


@blueprint.function_name("list_audit")
@blueprint.route(route="api/audit", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(roles("privacy_officer"), does="list_audit")
def list_audit(req: func.HttpRequest) -> func.HttpResponse:
    """Show the entries of a day or about a patient, a page at a time."""
    app = application()
    return http.ok(app.list_audit(http.query(req, app.list_audit)))
