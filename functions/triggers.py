"""Does this change start something? Change events in; trigger definitions."""

from collections.abc import Sequence
from typing import List  # noqa: UP035  # the worker refuses list[...] on a trigger

import azure.functions as func

from functions.edge import event_grid, http, service_bus
from functions.edge.doors import PUBLIC, roles, webhook_code
from shared.wiring.composition import application

blueprint = func.Blueprint()

MAKERS = roles("marketing_manager", "outreach_specialist", "fhir_sync_administrator")
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
