"""The patient's side of a conversation: chat tokens, and Direct Line 3.0 as chat programs speak it (D12)."""

import azure.functions as func

from functions.edge import http
from functions.edge.doors import CONVERSATION_TOKEN, PATIENT, PUBLIC
from shared.wiring.composition import application

blueprint = func.Blueprint()


# -- tokens


@blueprint.function_name("generate_chat_token")
@blueprint.route(route="api/me/chat-token", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="generate_chat_token", fresh=True)
def generate_chat_token(req: func.HttpRequest) -> func.HttpResponse:
    """Give a patient a token for the conversation they are in, or for a new one."""
    app = application()
    given = app.generate_chat_token(
        patient_id=http.patient(req), conversation_id=http.request_id(req), real=app.clock.real()
    )
    return http.ok(given)


@blueprint.function_name("generate_anonymous_chat_token")
@blueprint.route(route="api/chat-token", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PUBLIC, does="generate_anonymous_chat_token", fresh=True)
def generate_anonymous_chat_token(req: func.HttpRequest) -> func.HttpResponse:
    """Give anybody a token for a new conversation, which is tied to nobody's record."""
    app = application()
    given = app.generate_anonymous_chat_token(conversation_id=http.request_id(req), real=app.clock.real())
    return http.ok(given)


@blueprint.function_name("refresh_chat_token")
@blueprint.route(route="v3/directline/tokens/refresh", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(CONVERSATION_TOKEN, does="refresh_chat_token", fresh=True)
def refresh_chat_token(req: func.HttpRequest) -> func.HttpResponse:
    """Give another token for the same conversation while this one is good."""
    app = application()
    return http.ok(app.refresh_chat_token(caller=http.caller(req), real=app.clock.real()))


# -- conversations


@blueprint.function_name("open_conversation")
@blueprint.route(route="v3/directline/conversations", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(CONVERSATION_TOKEN, does="open_conversation", status=(201, 200), fresh=True)
def open_conversation(req: func.HttpRequest) -> func.HttpResponse:
    """Open the conversation that the token is for; 200 where it is open already, 409 where chat is not."""
    app = application()
    opened = app.open_conversation(caller=http.caller(req), now=app.clock.now(), real=app.clock.real())
    return http.created(opened) if opened.isNew else http.ok(opened)


@blueprint.function_name("rejoin_conversation")
@blueprint.route(
    route="v3/directline/conversations/{conversation_id}",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(CONVERSATION_TOKEN, does="rejoin_conversation")
def rejoin_conversation(req: func.HttpRequest) -> func.HttpResponse:
    """Give a fresh token to who was cut off, to go on from the watermark."""
    app = application()
    rejoined = app.rejoin_conversation(
        http.query(req, app.rejoin_conversation),
        conversation_id=http.path(req, "conversation_id"),
        caller=http.caller(req),
        real=app.clock.real(),
    )
    return http.ok(rejoined)


@blueprint.function_name("post_activity")
@blueprint.route(
    route="v3/directline/conversations/{conversation_id}/activities",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(CONVERSATION_TOKEN, does="post_activity")
def post_activity(req: func.HttpRequest) -> func.HttpResponse:
    """Take what the patient says, and let the bot answer while it owns the conversation."""
    app = application()
    posted = http.read(req, app.post_activity, strangers=True)
    taken = app.post_activity(
        posted,
        conversation_id=http.path(req, "conversation_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(taken)


@blueprint.function_name("read_activities")
@blueprint.route(
    route="v3/directline/conversations/{conversation_id}/activities",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(CONVERSATION_TOKEN, does="read_activities")
def read_activities(req: func.HttpRequest) -> func.HttpResponse:
    """Give what was said after the watermark, at most 100 activities."""
    app = application()
    found = app.read_activities(
        http.query(req, app.read_activities),
        conversation_id=http.path(req, "conversation_id"),
        caller=http.caller(req),
    )
    return http.ok(found)
