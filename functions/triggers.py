"""Does this change start something? Change events in; trigger definitions."""

import logging
from collections.abc import Sequence
from typing import List  # noqa: UP035  # the worker refuses list[...] on a trigger

import azure.functions as func

from functions.edge import event_grid, exchange, http, service_bus, timer
from functions.edge.doors import PUBLIC, roles, source_code, webhook_code
from shared.wiring.composition import application

log = logging.getLogger(__name__)

blueprint = func.Blueprint()

MAKERS = roles("marketing_manager", "outreach_specialist", "fhir_sync_administrator")
KEEPERS = roles("fhir_sync_administrator", "operator")
SYSTEMS = roles("data_contributor", "data_administrator")
"""Portals and other systems, each by its app role."""
READERS = roles(
    "marketing_professional",
    "marketing_manager",
    "outreach_specialist",
    "fhir_sync_administrator",
    "operator",
)


@blueprint.function_name("take_in_changes")
@blueprint.service_bus_queue_trigger(
    arg_name="messages", queue_name="%FHIR_CHANGES_QUEUE%", connection="SERVICE_BUS", cardinality="many"
)
@service_bus.settles_each(queue="fhir-changes")
def take_in_changes(messages: List[func.ServiceBusMessage]) -> Sequence[Exception | None]:  # noqa: UP006  # the worker refuses list[...] on a trigger
    """Find whose each change is and pass it on; what no trigger concerns ends here."""
    app = application()
    return app.take_in_changes(service_bus.bodies(messages), now=app.clock.now())


@blueprint.function_name("receive_changes")
@blueprint.route(route="api/fhir-changes", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(webhook_code("fhir_webhook_secret"), status=202, largest=1024 * 1024)
def receive_changes(req: func.HttpRequest) -> func.HttpResponse:
    """Take change events in either of Event Grid's schemas, and answer its handshake."""
    question = event_grid.handshake(req)
    if question is not None:
        return question
    application().forward_changes(event_grid.events(req))
    return http.accepted()


@blueprint.function_name("allow_changes")
@blueprint.route(route="api/fhir-changes", methods=["OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PUBLIC)
def allow_changes(req: func.HttpRequest) -> func.HttpResponse:
    """Answer what CloudEvents asks before it delivers: whether this origin may send here."""
    return event_grid.handshake(req) or http.no_content()


@blueprint.function_name("hear_hook")
@blueprint.route(route="api/fhir-hooks/{source}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(source_code("fhir_sources"), status=202, largest=2 * 1024 * 1024)
def hear_hook(req: func.HttpRequest) -> func.HttpResponse:
    """Hear of changes from a FHIR server's Subscription; an empty body says only that there are some."""
    app = application()
    body = exchange.body_of(req) if req.get_body() else None
    app.hear_hook(body, source=http.path(req, "source"), now=app.clock.now())
    return http.accepted()


@blueprint.function_name("hear_hooked_resource")
@blueprint.route(
    route="api/fhir-hooks/{source}/{resource_type}/{resource_id}",
    methods=["PUT"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(source_code("fhir_sources"), status=202, largest=2 * 1024 * 1024)
def hear_hooked_resource(req: func.HttpRequest) -> func.HttpResponse:
    """Hear of one resource from a FHIR server's Subscription, which delivers it; it is read in the record."""
    app = application()
    named = (http.path(req, "resource_type"), http.path(req, "resource_id"))
    app.hear_hook(exchange.body_of(req), source=http.path(req, "source"), named=named, now=app.clock.now())
    return http.accepted()


@blueprint.function_name("poll_changes")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%CHANGE_POLLS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="change-polls")
def poll_changes(message: func.ServiceBusMessage) -> None:
    """Look for what has changed since the last look, whoever told of it or did not; twice does no harm."""
    app = application()
    asked = service_bus.read(message, app.poll_record)
    app.poll_record(asked, now=app.clock.now())


@blueprint.function_name("queue_polls")
@blueprint.timer_trigger(arg_name="tick", schedule="%CHANGE_POLL_SCHEDULE%")
@timer.ticks
def queue_polls(tick: func.TimerRequest) -> None:
    """Queue a look at the record for every source of changes."""
    app = application()
    queued = app.queue_polls(now=app.clock.now())
    log.info("triggers.polls.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("list_sources")
@blueprint.route(route="api/fhir-sources", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(KEEPERS, does="list_sources")
def list_sources(req: func.HttpRequest) -> func.HttpResponse:
    """Show who may tell of changes, how far each was heard, and what was missed on the way."""
    del req
    return http.ok(application().list_sources())


@blueprint.function_name("react_to_change")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%PATIENT_CHANGES_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="patient-changes")
def react_to_change(message: func.ServiceBusMessage) -> None:
    """Match what the record says now with the triggers in force; told twice, nothing fires twice."""
    app = application()
    change = service_bus.read(message, app.react_to_change)
    app.react_to_change(change, now=app.clock.now())


@blueprint.function_name("put_trigger")
@blueprint.route(route="api/triggers/{trigger_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_trigger")
def put_trigger(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a trigger as its next version, in force within two seconds; one that is there needs If-Match."""
    app = application()
    draft = http.read(req, app.put_trigger)
    kept = app.put_trigger(
        draft,
        trigger_id=http.path(req, "trigger_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_trigger")
@blueprint.route(route="api/triggers/{trigger_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_trigger")
def read_trigger(req: func.HttpRequest) -> func.HttpResponse:
    """Show one trigger, with the etag to change it by."""
    found = application().read_trigger(trigger_id=http.path(req, "trigger_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_triggers")
@blueprint.route(route="api/triggers", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_triggers")
def list_triggers(req: func.HttpRequest) -> func.HttpResponse:
    """Show triggers in order of their state, a page at a time."""
    app = application()
    return http.ok(app.list_triggers(http.query(req, app.list_triggers)))


@blueprint.function_name("put_custom_trigger")
@blueprint.route(
    route="api/custom-triggers/{trigger_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(MAKERS, does="put_custom_trigger")
def put_custom_trigger(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a custom trigger; one that is there needs If-Match, and in use can only be added to."""
    app = application()
    draft = http.read(req, app.put_custom_trigger)
    kept = app.put_custom_trigger(
        draft,
        trigger_id=http.path(req, "trigger_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_custom_trigger")
@blueprint.route(
    route="api/custom-triggers/{trigger_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(READERS, does="read_custom_trigger")
def read_custom_trigger(req: func.HttpRequest) -> func.HttpResponse:
    """Show one custom trigger, with the etag to change it by."""
    found = application().read_custom_trigger(trigger_id=http.path(req, "trigger_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_custom_triggers")
@blueprint.route(route="api/custom-triggers", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_custom_triggers")
def list_custom_triggers(req: func.HttpRequest) -> func.HttpResponse:
    """Show custom triggers in order of their state, a page at a time."""
    app = application()
    return http.ok(app.list_custom_triggers(http.query(req, app.list_custom_triggers)))


@blueprint.function_name("take_in_events")
@blueprint.route(
    route="api/custom-triggers/{trigger_id}/events", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(SYSTEMS, does="take_in_events", largest=1024 * 1024)
def take_in_events(req: func.HttpRequest) -> func.HttpResponse:
    """Take in up to 100 events of a custom trigger, once each however often they are told; say of each."""
    app = application()
    told = http.read(req, app.take_in_events)
    return http.ok(
        app.take_in_events(
            told, trigger_id=http.path(req, "trigger_id"), caller=http.caller(req), now=app.clock.now()
        )
    )
