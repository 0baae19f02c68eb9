"""Can we show who did what to whom, and why?"""

import azure.functions as func

from functions.edge import http, service_bus
from functions.edge.doors import PATIENT, roles
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
    """Show the entries of some days, about a patient or of a person, in order of time, a page at a time."""
    app = application()
    query = http.query(req, app.list_audit)
    http.reads(req, query.patient_id)
    http.reads_many(req, "audit")
    return http.ok(app.list_audit(query))


@blueprint.function_name("export_audit")
@blueprint.route(route="api/audit/export", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(roles("privacy_officer"), does="export_audit")
def export_audit(req: func.HttpRequest) -> func.HttpResponse:
    """Give the same entries as FHIR R4 AuditEvents, a Bundle a page."""
    app = application()
    query = http.query(req, app.export_audit)
    http.reads(req, query.patient_id)
    http.reads_many(req, "audit")
    return http.ok(app.export_audit(query))


@blueprint.function_name("list_own_audit")
@blueprint.route(route="api/me/audit", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="list_own_audit")
def list_own_audit(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks who has been at their record: staff by their roles, without names."""
    app = application()
    which = http.query(req, app.list_own_audit)
    found = app.list_own_audit(which, patient_id=http.patient(req), who=http.caller(req).who)
    return http.ok(found)
