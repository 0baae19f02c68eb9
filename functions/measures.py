"""What is the number, of one patient or of all, and as of when?"""

import logging

import azure.functions as func

from functions.edge import http, service_bus, timer
from functions.edge.doors import roles
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()

MAKERS = roles("marketing_manager", "outreach_specialist", "data_administrator", "data_contributor")
READERS = roles(
    "marketing_manager",
    "outreach_specialist",
    "data_administrator",
    "data_contributor",
    "data_viewer",
    "marketing_professional",
    "care_coordinator",
    "healthcare_user",
    "operator",
)
ANALYSTS = roles(
    "marketing_manager",
    "outreach_specialist",
    "data_administrator",
    "data_viewer",
    "care_coordinator",
    "healthcare_user",
)
CARERS = roles(
    "care_coordinator", "healthcare_user", "outreach_specialist", "healthcare_non_clinical_user"
).tied("act")


@blueprint.function_name("refresh_measure")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%MEASURE_REFRESHES_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="measure-refreshes")
def refresh_measure(message: func.ServiceBusMessage) -> None:
    """Bring the lake up to date and put new values in the place of the former; twice gives the same."""
    app = application()
    asked = service_bus.read(message, app.refresh_measure)
    app.refresh_measure(asked, now=app.clock.now())


@blueprint.function_name("queue_due_measures")
@blueprint.timer_trigger(arg_name="tick", schedule="%MEASURE_REFRESH_SCHEDULE%")
@timer.ticks
def queue_due_measures(tick: func.TimerRequest) -> None:
    """Queue every measure that is due to be worked out."""
    app = application()
    queued = app.queue_due_measures(now=app.clock.now())
    log.info("measures.refreshes.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("put_measure")
@blueprint.route(route="api/measures/{measure_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_measure")
def put_measure(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a measure; one that is there needs If-Match. Live ones are worked out within seconds."""
    app = application()
    draft = http.read(req, app.put_measure)
    kept = app.put_measure(
        draft,
        measure_id=http.path(req, "measure_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_measure")
@blueprint.route(route="api/measures/{measure_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_measure")
def read_measure(req: func.HttpRequest) -> func.HttpResponse:
    """Show one measure, how its last working out ended, and the etag to change it by."""
    found = application().read_measure(measure_id=http.path(req, "measure_id"), caller=http.caller(req))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_measures")
@blueprint.route(route="api/measures", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_measures")
def list_measures(req: func.HttpRequest) -> func.HttpResponse:
    """Show measures in order of their state, with how they stand, a page at a time."""
    app = application()
    return http.ok(app.list_measures(http.query(req, app.list_measures), caller=http.caller(req)))


@blueprint.function_name("preview_measure")
@blueprint.route(route="api/measures/preview", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="preview_measure")
def preview_measure(req: func.HttpRequest) -> func.HttpResponse:
    """Show how many values a measure would have, and ten of them to whoever may know; nothing is kept."""
    app = application()
    draft = http.read(req, app.preview_measure)
    http.reads_many(req, "measures/preview")
    return http.ok(app.preview_measure(draft, caller=http.caller(req), now=app.clock.now()))


@blueprint.function_name("ask_for_values")
@blueprint.route(
    route="api/measures/{measure_id}/refresh", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(MAKERS, does="ask_for_values", status=202)
def ask_for_values(req: func.HttpRequest) -> func.HttpResponse:
    """Have a live measure worked out now; how it ended is shown with the measure."""
    app = application()
    measure_id = http.path(req, "measure_id")
    stands = app.ask_for_values(measure_id=measure_id, caller=http.caller(req), now=app.clock.now())
    return http.accepted(stands, location=f"/api/measures/{measure_id}")


@blueprint.function_name("list_values")
@blueprint.route(
    route="api/measures/{measure_id}/values", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(ANALYSTS, does="list_values")
def list_values(req: func.HttpRequest) -> func.HttpResponse:
    """Show a measure's values, a page at a time; of what rests on clinical data, to clinical staff."""
    app = application()
    query = http.query(req, app.list_values)
    measure_id = http.path(req, "measure_id")
    http.reads_many(req, f"measure/{measure_id}")
    return http.ok(app.list_values(query, measure_id=measure_id, caller=http.caller(req)))


@blueprint.function_name("list_patient_measures")
@blueprint.route(
    route="api/patients/{patient_id}/measures", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(CARERS, does="list_patient_measures")
def list_patient_measures(req: func.HttpRequest) -> func.HttpResponse:
    """Show what the measures gave of a patient to whoever may read them; clinical ones, if they treat."""
    app = application()
    found = app.list_patient_measures(
        patient_id=http.path(req, "patient_id"),
        caller=http.caller(req),
        reason=http.reason(req),
        now=app.clock.now(),
    )
    http.reads(req, found.patient_id, ground=found.ground, why=found.why)
    return http.ok(found)
