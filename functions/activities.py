"""What has this patient done, and what was done with them, wherever it happened?"""

import azure.functions as func

from functions.edge import http, service_bus
from functions.edge.doors import PATIENT, roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

MAKERS = roles("data_administrator")
SOURCES = roles("data_contributor", "data_administrator")
READERS = roles("data_administrator", "data_contributor", "data_viewer", "marketing_manager", "operator")
CARERS = roles(
    "care_coordinator", "healthcare_user", "outreach_specialist", "healthcare_non_clinical_user"
).tied("act")
KEEPERS = roles("data_administrator", "operator")
LARGEST = 1024 * 1024
"""Five hundred items of two thousand letters."""


@blueprint.function_name("note_own_activity")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%OWN_ACTIVITIES_QUEUE%", connection="SERVICE_BUS"
)
@service_bus.settles(session=False, queue="own-activities")
def note_own_activity(message: func.ServiceBusMessage) -> None:
    """Tell what our own flows did, or what waited for its patient; told twice, it is there once."""
    app = application()
    told = service_bus.read(message, app.note_own_activity)
    app.note_own_activity(told, now=app.clock.now())


@blueprint.function_name("put_activity_type")
@blueprint.route(route="api/activity-types/{type_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_activity_type")
def put_activity_type(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a type of activity; one that is there needs If-Match. Who may see it counts at once."""
    app = application()
    draft = http.read(req, app.put_activity_type)
    kept = app.put_activity_type(
        draft,
        type_id=http.path(req, "type_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_activity_type")
@blueprint.route(route="api/activity-types/{type_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_activity_type")
def read_activity_type(req: func.HttpRequest) -> func.HttpResponse:
    """Show one type of activity, and the etag to change it by."""
    found = application().read_activity_type(type_id=http.path(req, "type_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_activity_types")
@blueprint.route(route="api/activity-types", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_activity_types")
def list_activity_types(req: func.HttpRequest) -> func.HttpResponse:
    """Show types of activities in order of their state, a page at a time."""
    app = application()
    return http.ok(app.list_activity_types(http.query(req, app.list_activity_types)))


@blueprint.function_name("take_in_activities")
@blueprint.route(route="api/activities", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SOURCES, does="take_in_activities", largest=LARGEST)
def take_in_activities(req: func.HttpRequest) -> func.HttpResponse:
    """Take in up to 500 items of a source, once each however often they are told; say what came of each."""
    app = application()
    told = http.read(req, app.take_in_activities)
    return http.ok(app.take_in_activities(told, caller=http.caller(req), now=app.clock.now()))


@blueprint.function_name("list_activities")
@blueprint.route(
    route="api/patients/{patient_id}/activities", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(CARERS, does="list_activities")
def list_activities(req: func.HttpRequest) -> func.HttpResponse:
    """Show what happened with a patient, newest first, to whoever may read them; clinical, if they treat."""
    app = application()
    found = app.list_activities(
        http.query(req, app.list_activities),
        patient_id=http.path(req, "patient_id"),
        caller=http.caller(req),
        reason=http.reason(req),
        now=app.clock.now(),
    )
    http.reads(req, found.patient_id, ground=found.ground, why=found.why)
    return http.ok(found)


@blueprint.function_name("list_own_activities")
@blueprint.route(route="api/me/activities", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="list_own_activities")
def list_own_activities(req: func.HttpRequest) -> func.HttpResponse:
    """Show a patient what happened with them, newest first: what is meant for patients."""
    app = application()
    query = http.query(req, app.list_own_activities)
    return http.ok(app.list_own_activities(query, patient_id=http.patient(req)))


@blueprint.function_name("withdraw_activity")
@blueprint.route(
    route="api/patients/{patient_id}/activities/{activity_id}/withdraw",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(SOURCES.tied(), does="withdraw_activity", status=204)
def withdraw_activity(req: func.HttpRequest) -> func.HttpResponse:
    """Take an activity out of a patient's timeline for good."""
    app = application()
    app.withdraw_activity(
        patient_id=http.path(req, "patient_id"),
        activity_id=http.path(req, "activity_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.no_content()


@blueprint.function_name("list_unplaced")
@blueprint.route(route="api/unplaced-activities", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(KEEPERS, does="list_unplaced")
def list_unplaced(req: func.HttpRequest) -> func.HttpResponse:
    """Show what was told of somebody unknown and waits for them, longest told first, a page at a time."""
    app = application()
    http.reads_many(req, "unplaced-activities")
    return http.ok(app.list_unplaced(http.query(req, app.list_unplaced)))


@blueprint.function_name("discard_unplaced")
@blueprint.route(
    route="api/unplaced-activities/{unplaced_id}/discard",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(KEEPERS, does="discard_unplaced", status=204)
def discard_unplaced(req: func.HttpRequest) -> func.HttpResponse:
    """Forget something that was told of somebody unknown, before its time."""
    app = application()
    app.discard_unplaced(
        unplaced_id=http.path(req, "unplaced_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.no_content()
