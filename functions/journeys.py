"""Where is this patient in this journey, and what is next?"""

import logging

import azure.functions as func

from functions.edge import http, service_bus, timer
from functions.edge.doors import roles
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()

MAKERS = roles("marketing_professional", "marketing_manager", "outreach_specialist")
READERS = roles(
    "marketing_professional", "marketing_manager", "outreach_specialist", "care_coordinator", "operator"
)
CARERS = roles("healthcare_user", "care_coordinator", "outreach_specialist").tied()


@blueprint.function_name("start_journeys")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%JOURNEY_STARTS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="journey-starts")
def start_journeys(message: func.ServiceBusMessage) -> None:
    """Start the live journeys that wait for this trigger; the same firing starts each of them once."""
    app = application()
    fired = service_bus.read(message, app.start_journeys)
    app.start_journeys(fired, now=app.clock.now())


@blueprint.function_name("stop_journeys")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%JOURNEY_STOPS_QUEUE%", connection="SERVICE_BUS", is_sessions_enabled=True
)
@service_bus.settles(session=True, queue="journey-stops")
def stop_journeys(message: func.ServiceBusMessage) -> None:
    """End what a withdrawn firing had started: a corrected result must not go on sending."""
    app = application()
    withdrawn = service_bus.read(message, app.stop_journeys)
    app.stop_journeys(withdrawn, now=app.clock.now())


@blueprint.function_name("follow_appointment")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%JOURNEY_APPOINTMENTS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="journey-appointments")
def follow_appointment(message: func.ServiceBusMessage) -> None:
    """Begin and end what is about an appointment that was booked, moved or cancelled; once, if told twice."""
    app = application()
    changed = service_bus.read(message, app.follow_appointment)
    app.follow_appointment(changed, now=app.clock.now())


@blueprint.function_name("follow_membership")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%JOURNEY_MEMBERSHIPS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="journey-memberships")
def follow_membership(message: func.ServiceBusMessage) -> None:
    """Begin and end what rests on being in a segment; news that comes late begins nothing."""
    app = application()
    changed = service_bus.read(message, app.follow_membership)
    app.follow_membership(changed, now=app.clock.now())


@blueprint.function_name("advance_journey")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%JOURNEY_STEPS_QUEUE%", connection="SERVICE_BUS", is_sessions_enabled=True
)
@service_bus.settles(session=True, queue="journey-steps")
def advance_journey(message: func.ServiceBusMessage) -> None:
    """Take one enrolment one step further; delivering the same step twice is harmless."""
    app = application()
    due = service_bus.read(message, app.advance_journey)
    app.advance_journey(due, now=app.clock.now())


@blueprint.function_name("queue_due_enrolments")
@blueprint.timer_trigger(arg_name="tick", schedule="%ENROLMENT_SWEEP_SCHEDULE%")
@timer.ticks
def queue_due_enrolments(tick: func.TimerRequest) -> None:
    """Queue the next step of every enrolment whose scheduled message did not come."""
    app = application()
    queued = app.queue_due_enrolments(now=app.clock.now())
    log.info("journeys.enrolments.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("put_journey")
@blueprint.route(route="api/journeys/{journey_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_journey")
def put_journey(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a journey as its next version, one that is there needs If-Match; nobody under way notices."""
    app = application()
    definition = http.read(req, app.put_journey)
    kept = app.put_journey(
        definition,
        journey_id=http.path(req, "journey_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_journey")
@blueprint.route(route="api/journeys/{journey_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_journey")
def read_journey(req: func.HttpRequest) -> func.HttpResponse:
    """Show one journey as it now is, with the etag to change it by."""
    found = application().read_journey(journey_id=http.path(req, "journey_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_journeys")
@blueprint.route(route="api/journeys", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_journeys")
def list_journeys(req: func.HttpRequest) -> func.HttpResponse:
    """Show journeys in order of their state, a page at a time."""
    app = application()
    return http.ok(app.list_journeys(http.query(req, app.list_journeys)))


@blueprint.function_name("list_enrolments")
@blueprint.route(
    route="api/patients/{patient_id}/enrolments", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(CARERS, does="list_enrolments")
def list_enrolments(req: func.HttpRequest) -> func.HttpResponse:
    """Show where a patient is in which journeys, what happened on the way, and what comes next and when."""
    app = application()
    query = http.query(req, app.list_enrolments)
    return http.ok(app.list_enrolments(query, patient_id=http.path(req, "patient_id")))


@blueprint.function_name("end_enrolment")
@blueprint.route(
    route="api/patients/{patient_id}/enrolments/{enrolment_id}/end",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(CARERS, does="end_enrolment")
def end_enrolment(req: func.HttpRequest) -> func.HttpResponse:
    """Take a patient out of a journey, for a reason that is kept; what has been sent stays sent."""
    app = application()
    asked = http.read(req, app.end_enrolment)
    ended = app.end_enrolment(
        asked,
        patient_id=http.path(req, "patient_id"),
        enrolment_id=http.path(req, "enrolment_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(ended, etag=ended.etag)
