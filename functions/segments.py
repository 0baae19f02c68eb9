"""Who is in this group, since when, and why?"""

import logging

import azure.functions as func

from functions.edge import http, service_bus, timer
from functions.edge.doors import roles
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()

MAKERS = roles("marketing_manager", "outreach_specialist", "data_administrator")
READERS = roles(
    "marketing_manager",
    "outreach_specialist",
    "data_administrator",
    "marketing_professional",
    "care_coordinator",
    "operator",
    "data_viewer",
)
OUTREACH = roles("marketing_manager", "outreach_specialist", "care_coordinator")
SEARCHERS = roles("outreach_specialist")
"""Who may both search for patients and make segments."""
KEEPERS = roles("data_administrator")
CARERS = roles(
    "care_coordinator", "healthcare_user", "outreach_specialist", "healthcare_non_clinical_user"
).tied()


@blueprint.function_name("refresh_segment")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%SEGMENT_REFRESHES_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="segment-refreshes")
def refresh_segment(message: func.ServiceBusMessage) -> None:
    """Bring the lake up to date and queue everybody whose membership differs from what it finds."""
    app = application()
    asked = service_bus.read(message, app.refresh_segment)
    app.refresh_segment(asked, now=app.clock.now())


@blueprint.function_name("reconsider_patient")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%RECONSIDERATIONS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="reconsiderations")
def reconsider_patient(message: func.ServiceBusMessage) -> None:
    """Decide anew in which segments a patient is; told twice, nothing changes twice."""
    app = application()
    asked = service_bus.read(message, app.reconsider_patient)
    app.reconsider_patient(asked, now=app.clock.now())


@blueprint.function_name("queue_refreshes")
@blueprint.timer_trigger(arg_name="tick", schedule="%SEGMENT_REFRESH_SCHEDULE%")
@timer.ticks
def queue_refreshes(tick: func.TimerRequest) -> None:
    """Queue a refresh of every segment that is due for one."""
    app = application()
    queued = app.queue_refreshes(now=app.clock.now())
    log.info("segments.refreshes.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("queue_expiring_memberships")
@blueprint.timer_trigger(arg_name="tick", schedule="%MEMBERSHIP_SWEEP_SCHEDULE%")
@timer.ticks
def queue_expiring_memberships(tick: func.TimerRequest) -> None:
    """Queue every patient whose membership may have changed because time has passed."""
    app = application()
    queued = app.queue_expiring_memberships(now=app.clock.now())
    log.info("segments.memberships.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("put_segment")
@blueprint.route(route="api/segments/{segment_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_segment")
def put_segment(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a segment; one that is there needs If-Match. Live ones are refreshed within seconds."""
    app = application()
    draft = http.read(req, app.put_segment)
    kept = app.put_segment(
        draft,
        segment_id=http.path(req, "segment_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("save_search")
@blueprint.route(
    route="api/segments/{segment_id}/from-search", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(SEARCHERS, does="save_search")
def save_search(req: func.HttpRequest) -> func.HttpResponse:
    """Keep whom a search finds now as a segment; one that is there needs If-Match."""
    app = application()
    asked = http.read(req, app.save_search)
    segment_id = http.path(req, "segment_id")
    kept = app.save_search(
        asked,
        segment_id=segment_id,
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    http.reads_many(req, f"segment/{segment_id}")
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("list_relationships")
@blueprint.route(route="api/relationships", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_relationships")
def list_relationships(req: func.HttpRequest) -> func.HttpResponse:
    """Show by which elements segments may go from one type of resource to another."""
    del req
    return http.ok(application().list_relationships())


@blueprint.function_name("put_relationship")
@blueprint.route(
    route="api/relationships/{relationship_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="put_relationship")
def put_relationship(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a relationship of the house's own; one that is there needs If-Match."""
    app = application()
    draft = http.read(req, app.put_relationship)
    kept = app.put_relationship(
        draft,
        relationship=http.path(req, "relationship_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("check_relationship")
@blueprint.route(
    route="api/relationships/{relationship_id}/check", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(MAKERS, does="check_relationship")
def check_relationship(req: func.HttpRequest) -> func.HttpResponse:
    """Count where a relationship of the house's own leads to several, or several lead to one."""
    app = application()
    checked = app.check_relationship(relationship=http.path(req, "relationship_id"), now=app.clock.now())
    return http.ok(checked)


@blueprint.function_name("read_segment")
@blueprint.route(route="api/segments/{segment_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_segment")
def read_segment(req: func.HttpRequest) -> func.HttpResponse:
    """Show one segment, how many its last refresh found, and the etag to change it by."""
    found = application().read_segment(segment_id=http.path(req, "segment_id"), caller=http.caller(req))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_segments")
@blueprint.route(route="api/segments", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_segments")
def list_segments(req: func.HttpRequest) -> func.HttpResponse:
    """Show segments in order of their state, with their sizes, a page at a time."""
    app = application()
    return http.ok(app.list_segments(http.query(req, app.list_segments), caller=http.caller(req)))


@blueprint.function_name("preview_segment")
@blueprint.route(route="api/segments/preview", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="preview_segment")
def preview_segment(req: func.HttpRequest) -> func.HttpResponse:
    """Show how many a rule finds, and ten of them to whoever may know; nothing is kept."""
    app = application()
    asked = http.read(req, app.preview_segment)
    http.reads_many(req, "segments/preview")
    return http.ok(app.preview_segment(asked, caller=http.caller(req), now=app.clock.now()))


@blueprint.function_name("list_members")
@blueprint.route(
    route="api/segments/{segment_id}/members", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(OUTREACH, does="list_members")
def list_members(req: func.HttpRequest) -> func.HttpResponse:
    """Show who is in a segment and since when, a page at a time; of a clinical one, to clinical staff."""
    app = application()
    query = http.query(req, app.list_members)
    segment_id = http.path(req, "segment_id")
    http.reads_many(req, f"segment/{segment_id}")
    return http.ok(app.list_members(query, segment_id=segment_id, caller=http.caller(req)))


@blueprint.function_name("list_shipped")
@blueprint.route(route="api/shipped-segments", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_shipped")
def list_shipped(req: func.HttpRequest) -> func.HttpResponse:
    """Show the segments that come with the product, and which of them are installed."""
    del req
    return http.ok(application().list_shipped())


@blueprint.function_name("install_shipped")
@blueprint.route(
    route="api/shipped-segments/{segment_id}/install", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(MAKERS, does="install_shipped")
def install_shipped(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a segment that comes with the product as one's own, and make it live; one that is there stays."""
    app = application()
    kept = app.install_shipped(
        segment_id=http.path(req, "segment_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("list_memberships")
@blueprint.route(
    route="api/patients/{patient_id}/segments", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(CARERS, does="list_memberships")
def list_memberships(req: func.HttpRequest) -> func.HttpResponse:
    """Show in which segments a patient is or has been, a page at a time; clinical ones to clinical staff."""
    app = application()
    query = http.query(req, app.list_memberships)
    found = app.list_memberships(query, patient_id=http.path(req, "patient_id"), caller=http.caller(req))
    return http.ok(found)


@blueprint.function_name("explain_membership")
@blueprint.route(
    route="api/patients/{patient_id}/segments/{segment_id}/explain",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(CARERS, does="explain_membership")
def explain_membership(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether a patient is in a segment, since when, and, to clinical staff, why."""
    app = application()
    explained = app.explain_membership(
        patient_id=http.path(req, "patient_id"),
        segment_id=http.path(req, "segment_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(explained)
