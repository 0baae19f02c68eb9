"""Can this message go to this person now, and did it arrive?"""

import logging

import azure.functions as func

from functions.edge import http, service_bus, timer
from functions.edge.doors import PATIENT, roles, webhook_proof
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()

MAKERS = roles("marketing_professional", "marketing_manager", "outreach_specialist")
SENDERS = roles("care_coordinator", "outreach_specialist", "marketing_manager").tied()
WATCHERS = roles("operator", "marketing_manager", "outreach_specialist")


# -- from request to outcome


@blueprint.function_name("request_message")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%MESSAGE_REQUESTS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="message-requests")
def request_message(message: func.ServiceBusMessage) -> None:
    """Choose the address and keep the request; asked twice, one message comes of it."""
    app = application()
    asked = service_bus.read(message, app.request_message)
    app.request_message(asked, now=app.clock.now())


@blueprint.function_name("ask_for_confirmation")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%OPT_IN_CONFIRMATIONS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="opt-in-confirmations")
def ask_for_confirmation(message: func.ServiceBusMessage) -> None:
    """Ask whoever reads a contact point whether a yes was meant; told twice, they are asked once."""
    app = application()
    requested = service_bus.read(message, app.ask_for_confirmation)
    app.ask_for_confirmation(requested, now=app.clock.now())


@blueprint.function_name("decide_sending")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%SEND_DECISIONS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="send-decisions")
def decide_sending(message: func.ServiceBusMessage) -> None:
    """Put one message through the gate: allow it, hold it until it may go, or refuse it with the reason."""
    app = application()
    order = service_bus.read(message, app.decide_sending)
    app.decide_sending(order, now=app.clock.now())


@blueprint.function_name("cancel_message")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%MESSAGE_CANCELLATIONS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="message-cancellations")
def cancel_message(message: func.ServiceBusMessage) -> None:
    """Take back a message that was asked for, whether or not it has been begun."""
    app = application()
    cancelled = service_bus.read(message, app.cancel_message)
    app.cancel_message(cancelled, now=app.clock.now())


@blueprint.function_name("cancel_sending")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%SENDING_CANCELLATIONS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="sending-cancellations")
def cancel_sending(message: func.ServiceBusMessage) -> None:
    """Stop a message at its contact point, unless somebody is sending it already."""
    app = application()
    cancelled = service_bus.read(message, app.cancel_sending)
    app.cancel_sending(cancelled, now=app.clock.now())


@blueprint.function_name("deliver_message")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%DELIVERIES_QUEUE%", connection="SERVICE_BUS"
)
@service_bus.settles(session=False, queue="deliveries")
def deliver_message(message: func.ServiceBusMessage) -> None:
    """Claim one allowed message and hand it to its provider; only the claim's winner does."""
    app = application()
    allowed = service_bus.read(message, app.deliver_message)
    app.deliver_message(allowed, now=app.clock.now())


@blueprint.function_name("settle_claim")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%CLAIM_SETTLEMENTS_QUEUE%", connection="SERVICE_BUS"
)
@service_bus.settles(session=False, queue="claim-settlements")
def settle_claim(message: func.ServiceBusMessage) -> None:
    """Find out what became of a message whose sender fell silent; what nobody can say stays listed."""
    app = application()
    lapsed = service_bus.read(message, app.settle_claim)
    app.settle_claim(lapsed, now=app.clock.now())


@blueprint.function_name("record_outcome")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%MESSAGE_OUTCOMES_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="message-outcomes")
def record_outcome(message: func.ServiceBusMessage) -> None:
    """Tell the patient's own partition what became of a message or was done with it; each is kept once."""
    app = application()
    moved = service_bus.read(message, app.record_outcome)
    app.record_outcome(moved, now=app.clock.now())


@blueprint.function_name("write_message_to_record")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%MESSAGES_TO_RECORD_QUEUE%", connection="SERVICE_BUS"
)
@service_bus.settles(session=False, queue="messages-to-record")
def write_message_to_record(message: func.ServiceBusMessage) -> None:
    """Let the record know what became of a message, where the house wants that; told twice, it is one."""
    app = application()
    moved = service_bus.read(message, app.write_message_to_record)
    app.write_message_to_record(moved, now=app.clock.now())


@blueprint.function_name("queue_lapsed_claims")
@blueprint.timer_trigger(arg_name="tick", schedule="%CLAIM_SWEEP_SCHEDULE%")
@timer.ticks
def queue_lapsed_claims(tick: func.TimerRequest) -> None:
    """Queue the settlement of every claim that has lapsed."""
    queued = application().queue_lapsed_claims()
    log.info("messaging.claims.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("queue_held_messages")
@blueprint.timer_trigger(arg_name="tick", schedule="%HELD_MESSAGES_SWEEP_SCHEDULE%")
@timer.ticks
def queue_held_messages(tick: func.TimerRequest) -> None:
    """Queue the decision about every held message whose scheduled return did not come."""
    app = application()
    queued = app.queue_held_messages(now=app.clock.now())
    log.info("messaging.held.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("record_delivery_report")
@blueprint.route(route="api/delivery-reports", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(webhook_proof("delivery_report_secret"), does="record_delivery_report", status=204)
def record_delivery_report(req: func.HttpRequest) -> func.HttpResponse:
    """Take in what a provider reports of a message: it arrived or not, was opened or clicked; each once."""
    app = application()
    report = http.read(req, app.record_delivery_report)
    app.record_delivery_report(report, now=app.clock.now())
    return http.no_content()


# -- what people see of it


@blueprint.function_name("list_messages")
@blueprint.route(
    route="api/patients/{patient_id}/messages", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(SENDERS, does="list_messages")
def list_messages(req: func.HttpRequest) -> func.HttpResponse:
    """Show what was to be sent to a patient and what became of it, a page at a time."""
    app = application()
    query = http.query(req, app.list_messages)
    return http.ok(app.list_messages(query, patient_id=http.path(req, "patient_id")))


@blueprint.function_name("read_message")
@blueprint.route(
    route="api/patients/{patient_id}/messages/{message_id}",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(SENDERS, does="read_message")
def read_message(req: func.HttpRequest) -> func.HttpResponse:
    """Show what became of one message; 404 for another patient's."""
    app = application()
    return http.ok(
        app.read_message(patient_id=http.path(req, "patient_id"), message_id=http.path(req, "message_id"))
    )


@blueprint.function_name("explain_message")
@blueprint.route(
    route="api/patients/{patient_id}/messages/{message_id}/why",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(SENDERS, does="explain_message")
def explain_message(req: func.HttpRequest) -> func.HttpResponse:
    """Say why this person did, or did not, get this message: every check, every attempt, with its time."""
    app = application()
    return http.ok(
        app.explain_message(patient_id=http.path(req, "patient_id"), message_id=http.path(req, "message_id"))
    )


@blueprint.function_name("list_own_messages")
@blueprint.route(route="api/me/messages", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="list_messages")
def list_own_messages(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks what was sent to them, a page at a time."""
    app = application()
    query = http.query(req, app.list_messages)
    return http.ok(app.list_messages(query, patient_id=http.patient(req)))


@blueprint.function_name("read_own_message")
@blueprint.route(route="api/me/messages/{message_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="read_message")
def read_own_message(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks one message of theirs; 404 for anybody else's."""
    app = application()
    return http.ok(app.read_message(patient_id=http.patient(req), message_id=http.path(req, "message_id")))


@blueprint.function_name("list_uncertain")
@blueprint.route(route="api/messages/uncertain", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(WATCHERS, does="list_uncertain")
def list_uncertain(req: func.HttpRequest) -> func.HttpResponse:
    """Show messages of which nobody can say whether they went out, a page at a time."""
    app = application()
    http.reads_many(req, "messages/uncertain")
    return http.ok(app.list_uncertain(http.query(req, app.list_uncertain)))


# -- templates and suppression


@blueprint.function_name("put_template")
@blueprint.route(route="api/templates/{template_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_template")
def put_template(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a template as its next version; 409 without If-Match, 412 with another than is there."""
    app = application()
    content = http.read(req, app.put_template)
    saved = app.put_template(
        content,
        template_id=http.path(req, "template_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(saved, etag=saved.etag)


@blueprint.function_name("read_template")
@blueprint.route(route="api/templates/{template_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="read_template")
def read_template(req: func.HttpRequest) -> func.HttpResponse:
    """Show a template as it now is, with the etag to change it by."""
    found = application().read_template(template_id=http.path(req, "template_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_suppressions")
@blueprint.route(route="api/suppressions", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(WATCHERS, does="list_suppressions")
def list_suppressions(req: func.HttpRequest) -> func.HttpResponse:
    """Show contact points that are not written to any more, and why, a page at a time."""
    app = application()
    query = http.query(req, app.list_suppressions)
    return http.ok(app.list_suppressions(query, now=app.clock.now()))


@blueprint.function_name("remove_suppression")
@blueprint.route(route="api/suppressions/{contact}", methods=["DELETE"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(roles("marketing_manager"), does="remove_suppression", status=204)
def remove_suppression(req: func.HttpRequest) -> func.HttpResponse:
    """Let a contact point be written to again; 422 where a complaint has closed it for good."""
    app = application()
    app.remove_suppression(contact=http.path(req, "contact"), caller=http.caller(req), now=app.clock.now())
    return http.no_content()
