"""Who is talking to whom, and who owns the talk? Staff, bots that are elsewhere, and what is due."""

import logging

import azure.functions as func

from functions.edge import http, service_bus, timer
from functions.edge.doors import roles, webhook_proof
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()

SUPERVISORS = roles("omnichannel_supervisor", "csr_manager", "omnichannel_administrator")
REPRESENTATIVES = roles("omnichannel_agent", "customer_service_representative")
READERS = roles(
    "omnichannel_agent",
    "customer_service_representative",
    "omnichannel_supervisor",
    "csr_manager",
    "omnichannel_administrator",
).tied("conversation")
BOTS = webhook_proof("bot_secret")


# -- staff


@blueprint.function_name("list_conversations")
@blueprint.route(route="api/conversations", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SUPERVISORS, does="list_conversations")
def list_conversations(req: func.HttpRequest) -> func.HttpResponse:
    """Show who waits or talks, with whom and since when, a page at a time."""
    app = application()
    http.reads_many(req, "conversations")
    return http.ok(app.list_conversations(http.query(req, app.list_conversations)))


@blueprint.function_name("read_conversation")
@blueprint.route(
    route="api/conversations/{conversation_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(READERS, does="read_conversation")
def read_conversation(req: func.HttpRequest) -> func.HttpResponse:
    """Show one conversation to whoever has it in hand, is offered it, or supervises."""
    app = application()
    found = app.read_conversation(
        conversation_id=http.path(req, "conversation_id"), caller=http.caller(req), now=app.clock.now()
    )
    http.reads(req, found.patient_id)
    return http.ok(found)


@blueprint.function_name("read_transcript")
@blueprint.route(
    route="api/conversations/{conversation_id}/transcript",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(READERS, does="read_transcript")
def read_transcript(req: func.HttpRequest) -> func.HttpResponse:
    """Show what was said, the bot's part and what is for representatives alone included."""
    app = application()
    found = app.read_transcript(
        http.query(req, app.read_transcript),
        conversation_id=http.path(req, "conversation_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    http.reads(req, found.patient_id)
    return http.ok(found)


@blueprint.function_name("accept_conversation")
@blueprint.route(
    route="api/conversations/{conversation_id}/accept", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(REPRESENTATIVES, does="accept_conversation")
def accept_conversation(req: func.HttpRequest) -> func.HttpResponse:
    """Take the conversation that is offered; once it is somebody else's it is not there."""
    app = application()
    taken = app.accept_conversation(
        conversation_id=http.path(req, "conversation_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.ok(taken)


@blueprint.function_name("decline_conversation")
@blueprint.route(
    route="api/conversations/{conversation_id}/decline", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(REPRESENTATIVES, does="decline_conversation", status=204)
def decline_conversation(req: func.HttpRequest) -> func.HttpResponse:
    """Leave the conversation that is offered to others."""
    app = application()
    app.decline_conversation(
        conversation_id=http.path(req, "conversation_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.no_content()


@blueprint.function_name("say_in_conversation")
@blueprint.route(
    route="api/conversations/{conversation_id}/messages",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(REPRESENTATIVES, does="say_in_conversation", status=201)
def say_in_conversation(req: func.HttpRequest) -> func.HttpResponse:
    """Say something to the patient."""
    app = application()
    said = http.read(req, app.say_in_conversation)
    kept = app.say_in_conversation(
        said,
        conversation_id=http.path(req, "conversation_id"),
        message_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.created(kept)


@blueprint.function_name("end_conversation")
@blueprint.route(
    route="api/conversations/{conversation_id}/end", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(REPRESENTATIVES, does="end_conversation")
def end_conversation(req: func.HttpRequest) -> func.HttpResponse:
    """End the talk, and wrap up."""
    app = application()
    ended = app.end_conversation(
        conversation_id=http.path(req, "conversation_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.ok(ended)


@blueprint.function_name("release_conversation")
@blueprint.route(
    route="api/conversations/{conversation_id}/release",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(READERS, does="release_conversation")
def release_conversation(req: func.HttpRequest) -> func.HttpResponse:
    """Give a conversation back to its queue, for somebody else to take."""
    app = application()
    released = app.release_conversation(
        conversation_id=http.path(req, "conversation_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.ok(released)


@blueprint.function_name("close_conversation")
@blueprint.route(
    route="api/conversations/{conversation_id}/close", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(REPRESENTATIVES, does="close_conversation")
def close_conversation(req: func.HttpRequest) -> func.HttpResponse:
    """Close what is wrapped up, once and for all."""
    app = application()
    closed = app.close_conversation(
        conversation_id=http.path(req, "conversation_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.ok(closed)


# -- bots that are elsewhere


@blueprint.function_name("hear_external_bot")
@blueprint.route(
    route="v3/conversations/{conversation_id}/activities",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(BOTS, does="hear_external_bot")
def hear_external_bot(req: func.HttpRequest) -> func.HttpResponse:
    """Take what a bot says or commands; 409 once it no longer owns the conversation."""
    app = application()
    posted = http.read(req, app.hear_external_bot, strangers=True)
    taken = app.hear_external_bot(
        posted, conversation_id=http.path(req, "conversation_id"), now=app.clock.now()
    )
    return http.ok(taken)


@blueprint.function_name("read_as_bot")
@blueprint.route(
    route="v3/conversations/{conversation_id}/activities",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(BOTS, does="read_as_bot")
def read_as_bot(req: func.HttpRequest) -> func.HttpResponse:
    """Give a bot what was said after the watermark, while it owns the conversation."""
    app = application()
    query = http.query(req, app.read_as_bot)
    return http.ok(app.read_as_bot(query, conversation_id=http.path(req, "conversation_id")))


# -- what others announce


@blueprint.function_name("offer_conversation")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%CONVERSATION_OFFERS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="conversation-offers")
def offer_conversation(message: func.ServiceBusMessage) -> None:
    """Offer a conversation to whoever is free, if it still waits."""
    app = application()
    offer = service_bus.read(message, app.offer_conversation)
    app.offer_conversation(offer, now=app.clock.now())


@blueprint.function_name("lapse_offer")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%LAPSED_OFFERS_QUEUE%", connection="SERVICE_BUS", is_sessions_enabled=True
)
@service_bus.settles(session=True, queue="lapsed-offers")
def lapse_offer(message: func.ServiceBusMessage) -> None:
    """Let a conversation that nobody accepted wait for others."""
    app = application()
    due = service_bus.read(message, app.lapse_offer)
    app.lapse_offer(due, now=app.clock.now())


@blueprint.function_name("close_idle_conversation")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%IDLE_CONVERSATIONS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="idle-conversations")
def close_idle_conversation(message: func.ServiceBusMessage) -> None:
    """Close a conversation in which nobody has said anything for long enough."""
    app = application()
    idle = service_bus.read(message, app.close_idle_conversation)
    app.close_idle_conversation(idle, now=app.clock.now())


@blueprint.function_name("hear_booking_settled")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%CONVERSATION_BOOKINGS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="conversation-bookings")
def hear_booking_settled(message: func.ServiceBusMessage) -> None:
    """Tell the patient how the booking went that the bot asked for; told twice, it is said once."""
    app = application()
    settled = service_bus.read(message, app.hear_booking_settled)
    app.hear_booking_settled(settled, now=app.clock.now())


@blueprint.function_name("record_satisfaction")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%CONVERSATION_RATINGS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="conversation-ratings")
def record_satisfaction(message: func.ServiceBusMessage) -> None:
    """Keep with a conversation how satisfied the patient was; the first word stands."""
    app = application()
    app.record_satisfaction(service_bus.read(message, app.record_satisfaction))


# -- what is due


@blueprint.function_name("queue_idle_conversations")
@blueprint.timer_trigger(arg_name="tick", schedule="%CONVERSATION_SWEEP_SCHEDULE%")
@timer.ticks
def queue_idle_conversations(tick: func.TimerRequest) -> None:
    """Queue the closing of every conversation that has been silent for too long."""
    app = application()
    queued = app.queue_idle_conversations(now=app.clock.now())
    log.info("conversations.idle.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("queue_lapsed_offers")
@blueprint.timer_trigger(arg_name="tick", schedule="%OFFER_SWEEP_SCHEDULE%")
@timer.ticks
def queue_lapsed_offers(tick: func.TimerRequest) -> None:
    """Queue the lapse of every offer whose scheduled message did not come."""
    app = application()
    queued = app.queue_lapsed_offers(now=app.clock.now())
    log.info("conversations.offers.queued", extra={"queued": queued, "late": tick.past_due})
