"""Who is this person, what do we know of them, and how do we reach them?"""

import logging
from collections.abc import Sequence
from typing import List  # noqa: UP035  # the worker refuses list[...] on a trigger

import azure.functions as func

from functions.edge import http, service_bus, timer
from functions.edge.doors import PATIENT, SIGNED_IN, roles
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()

READERS = roles(
    "healthcare_user",
    "healthcare_non_clinical_user",
    "care_coordinator",
    "outreach_specialist",
    "customer_service_representative",
    "csr_manager",
    "omnichannel_agent",
    "omnichannel_supervisor",
)
CONTRIBUTORS = roles("data_contributor", "data_administrator", "care_coordinator").tied()
REFRESHERS = roles("fhir_sync_administrator", "data_administrator", "operator")
KEEPERS = roles("fhir_sync_administrator", "data_administrator")


@blueprint.function_name("project_change")
@blueprint.service_bus_queue_trigger(
    arg_name="messages",
    queue_name="%PATIENT_PROJECTIONS_QUEUE%",
    connection="SERVICE_BUS",
    cardinality="many",
)
@service_bus.settles_each(queue="patient-projections")
def project_change(messages: List[func.ServiceBusMessage]) -> Sequence[Exception | None]:  # noqa: UP006  # the worker refuses list[...] on a trigger
    """Keep what some resources say of their patients now; told twice or late, nothing is written."""
    app = application()
    changes = [service_bus.read(message, app.project_change) for message in messages]
    return app.project_together(changes, now=app.clock.now())


@blueprint.function_name("advance_refresh")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%PATIENT_REFRESHES_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="patient-refreshes")
def advance_refresh(message: func.ServiceBusMessage) -> None:
    """Begin a refresh that is due, do its next parts, or end one that stands; nothing is done twice."""
    app = application()
    asked = service_bus.read(message, app.advance_refresh)
    app.advance_refresh(asked, now=app.clock.now())


@blueprint.function_name("begin_refresh")
@blueprint.route(route="api/refreshes", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(REFRESHERS, does="begin_refresh", status=202)
def begin_refresh(req: func.HttpRequest) -> func.HttpResponse:
    """Begin to go through all that is kept beside the record; 409 while one is under way."""
    app = application()
    run = app.begin_refresh(made=http.request_id(req), caller=http.caller(req), now=app.clock.now())
    return http.accepted(run, location="/api/refreshes")


@blueprint.function_name("list_refreshes")
@blueprint.route(route="api/refreshes", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(REFRESHERS, does="list_refreshes")
def list_refreshes(req: func.HttpRequest) -> func.HttpResponse:
    """Show the refreshes, the latest first: how far each stage came, and how long it took."""
    app = application()
    return http.ok(app.list_refreshes(http.query(req, app.list_refreshes)))


@blueprint.function_name("cancel_refresh")
@blueprint.route(
    route="api/refreshes/{refresh_id}/cancel", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(REFRESHERS, does="cancel_refresh")
def cancel_refresh(req: func.HttpRequest) -> func.HttpResponse:
    """Stop a refresh that is under way; what it has asked others for, they do."""
    app = application()
    run = app.cancel_refresh(
        refresh_id=http.path(req, "refresh_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.ok(run)


@blueprint.function_name("queue_due_refresh")
@blueprint.timer_trigger(arg_name="tick", schedule="%REFRESH_SCHEDULE%")
@timer.ticks
def queue_due_refresh(tick: func.TimerRequest) -> None:
    """Queue the refresh that is due by the schedule, if one is."""
    app = application()
    queued = app.queue_due_refresh(now=app.clock.now())
    log.info("patients.refreshes.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("queue_overdue_stage")
@blueprint.timer_trigger(arg_name="tick", schedule="%REFRESH_SCHEDULE%")
@timer.ticks
def queue_overdue_stage(tick: func.TimerRequest) -> None:
    """Queue the refresh that has come to a stand, if one has."""
    app = application()
    queued = app.queue_overdue_stage(now=app.clock.now())
    log.info("patients.overdue.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("read_refresh_schedule")
@blueprint.route(route="api/refresh-schedule", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(REFRESHERS, does="read_refresh_schedule")
def read_refresh_schedule(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    """Show when refreshes begin by themselves, and the etag to change that by."""
    kept = application().read_refresh_schedule()
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("put_refresh_schedule")
@blueprint.route(route="api/refresh-schedule", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(KEEPERS, does="put_refresh_schedule")
def put_refresh_schedule(req: func.HttpRequest) -> func.HttpResponse:
    """Say when refreshes begin by themselves, four times a day at most; then needs If-Match."""
    app = application()
    wanted = http.read(req, app.put_refresh_schedule)
    kept = app.put_refresh_schedule(
        wanted, caller=http.caller(req), now=app.clock.now(), if_match=http.if_match(req)
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("search_patients")
@blueprint.route(route="api/patients/search", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="search_patients", fresh=True)
def search_patients(req: func.HttpRequest) -> func.HttpResponse:
    """Find people by what they are known by; what is asked for stands in the body, and in no address."""
    app = application()
    wanted = http.read(req, app.search_patients)
    found = app.search_patients(wanted, caller=http.caller(req))
    http.reads_many(req, "patients/search")
    return http.ok(found)


@blueprint.function_name("show_patient")
@blueprint.route(route="api/patients/{patient_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS.tied("act"), does="show_patient")
def show_patient(req: func.HttpRequest) -> func.HttpResponse:
    """Show all of a patient, clinical only to those who treat; without a tie a reason is needed, and kept."""
    app = application()
    shown = app.show_patient(
        http.query(req, app.show_patient),
        patient_id=http.path(req, "patient_id"),
        caller=http.caller(req),
        reason=http.reason(req),
        now=app.clock.now(),
    )
    http.reads(req, shown.patient_id, ground=shown.ground, why=shown.why)
    return http.ok(shown)


@blueprint.function_name("read_timeline")
@blueprint.route(
    route="api/patients/{patient_id}/timeline", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(READERS.tied("act"), does="read_timeline")
def read_timeline(req: func.HttpRequest) -> func.HttpResponse:
    """Show what happened to a patient, latest first, or what is to come; a page at a time."""
    app = application()
    found = app.read_timeline(
        http.query(req, app.read_timeline),
        patient_id=http.path(req, "patient_id"),
        caller=http.caller(req),
        reason=http.reason(req),
        now=app.clock.now(),
    )
    http.reads(req, found.patient_id, ground=found.ground, why=found.why)
    return http.ok(found)


@blueprint.function_name("put_override")
@blueprint.route(
    route="api/patients/{patient_id}/override", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(CONTRIBUTORS, does="put_override")
def put_override(req: func.HttpRequest) -> func.HttpResponse:
    """Let something stand over a patient's profile for four hours, until the record says so itself."""
    app = application()
    wanted = http.read(req, app.put_override)
    over = app.put_override(
        wanted, patient_id=http.path(req, "patient_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.ok(over)


@blueprint.function_name("list_broken_glass")
@blueprint.route(route="api/break-glass", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(roles("privacy_officer"), does="list_broken_glass")
def list_broken_glass(req: func.HttpRequest) -> func.HttpResponse:
    """Show who read patients' records on a reason alone, on one day."""
    app = application()
    query = http.query(req, app.list_broken_glass)
    http.reads_many(req, "break-glass")
    return http.ok(app.list_broken_glass(query, now=app.clock.now()))


@blueprint.function_name("read_view")
@blueprint.route(route="api/patient-view", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(KEEPERS, does="read_view")
def read_view(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    """Show from where each kind of resource is read, and what is on the timeline."""
    kept = application().read_view()
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("put_view")
@blueprint.route(route="api/patient-view", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(KEEPERS, does="put_view")
def put_view(req: func.HttpRequest) -> func.HttpResponse:
    """Set from where each kind is read, live or local, and what is on the timeline; then needs If-Match."""
    app = application()
    wanted = http.read(req, app.put_view)
    kept = app.put_view(wanted, caller=http.caller(req), now=app.clock.now(), if_match=http.if_match(req))
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("show_home")
@blueprint.route(route="api/me/home", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="show_home")
def show_home(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks what is new, what is to come, and their medications."""
    app = application()
    return http.ok(app.show_home(patient_id=http.patient(req), now=app.clock.now()))


@blueprint.function_name("note_messages_seen")
@blueprint.route(route="api/me/messages/seen", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="note_messages_seen", status=204)
def note_messages_seen(req: func.HttpRequest) -> func.HttpResponse:
    """Remember that the patient who asks has looked at their messages."""
    app = application()
    app.note_messages_seen(patient_id=http.patient(req), now=app.clock.now())
    http.reads(req, http.patient(req))
    return http.no_content()


@blueprint.function_name("show_own_records")
@blueprint.route(route="api/me/records", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="show_own_records")
def show_own_records(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks what their record says, latest first, a page at a time."""
    app = application()
    query = http.query(req, app.show_own_records)
    return http.ok(app.show_own_records(query, patient_id=http.patient(req), now=app.clock.now()))


@blueprint.function_name("show_own_details")
@blueprint.route(route="api/me/personal-information", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="show_own_details")
def show_own_details(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks their own details: contact points, whom to ring, who pays."""
    app = application()
    details = app.show_own_details(patient_id=http.patient(req), now=app.clock.now())
    return http.ok(details, etag=str(details.version))


@blueprint.function_name("change_own_details")
@blueprint.route(route="api/me/personal-information", methods=["PATCH"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="change_own_details")
def change_own_details(req: func.HttpRequest) -> func.HttpResponse:
    """Change what patients may of their own details, and ask staff for the rest; needs If-Match."""
    app = application()
    wanted = http.read(req, app.change_own_details)
    changed = app.change_own_details(
        wanted,
        patient_id=http.patient(req),
        request_id=http.request_id(req),
        caller=http.caller(req),
        if_match=http.if_match(req),
        now=app.clock.now(),
    )
    return http.ok(changed, etag=str(changed.version))


@blueprint.function_name("find_practitioners")
@blueprint.route(route="api/practitioners", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SIGNED_IN, does="find_practitioners")
def find_practitioners(req: func.HttpRequest) -> func.HttpResponse:
    """List who treats, by specialty and name, a page at a time."""
    app = application()
    return http.ok(app.find_practitioners(http.query(req, app.find_practitioners)))
