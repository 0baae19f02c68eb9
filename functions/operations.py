"""What needs an operator, and what was decided?"""

import azure.functions as func

from functions.edge import http, service_bus
from functions.edge.doors import roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

OPERATOR = roles("operator")


@blueprint.function_name("carry_out_decision")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%OPERATOR_DECISIONS_QUEUE%", connection="SERVICE_BUS"
)
@service_bus.settles(session=False, queue="operator-decisions")
def carry_out_decision(message: func.ServiceBusMessage) -> None:
    """Send a parked message again or let it go, as was decided; told twice, it is sent under the same id."""
    app = application()
    decision = service_bus.read(message, app.settle_parked)
    app.settle_parked(decision, now=app.clock.now())


@blueprint.function_name("list_parked")
@blueprint.route(route="api/parked", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(OPERATOR, does="list_parked")
def list_parked(req: func.HttpRequest) -> func.HttpResponse:
    """Show messages that can never succeed as they are, with their reasons, a page at a time."""
    app = application()
    return http.ok(app.list_parked(http.query(req, app.list_parked)))


@blueprint.function_name("explain_parked")
@blueprint.route(route="api/parked/{parked_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(OPERATOR, does="explain_parked")
def explain_parked(req: func.HttpRequest) -> func.HttpResponse:
    """Show what is wrong with which fields of a parked message, and its shape without the values."""
    return http.ok(application().explain_parked(parked_id=http.path(req, "parked_id")))


@blueprint.function_name("replay_parked")
@blueprint.route(route="api/parked/{parked_id}/replay", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(OPERATOR, does="replay_parked", status=202)
def replay_parked(req: func.HttpRequest) -> func.HttpResponse:
    """Send a parked message again under a new id; 409 once decided about, 422 if no queue carries it."""
    app = application()
    decision = http.read(req, app.replay_parked)
    return http.accepted(
        app.replay_parked(
            decision, parked_id=http.path(req, "parked_id"), caller=http.caller(req), now=app.clock.now()
        )
    )


@blueprint.function_name("discard_parked")
@blueprint.route(
    route="api/parked/{parked_id}/discard", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(OPERATOR, does="discard_parked", status=202)
def discard_parked(req: func.HttpRequest) -> func.HttpResponse:
    """Give a parked message up, for a reason that is kept; 409 if somebody has decided about it before."""
    app = application()
    decision = http.read(req, app.discard_parked)
    return http.accepted(
        app.discard_parked(
            decision, parked_id=http.path(req, "parked_id"), caller=http.caller(req), now=app.clock.now()
        )
    )


@blueprint.function_name("list_dead_letters")
@blueprint.route(route="api/dead-letters/{queue}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(OPERATOR, does="list_dead_letters")
def list_dead_letters(req: func.HttpRequest) -> func.HttpResponse:
    """Show what a queue has set aside after too many deliveries, a page at a time."""
    app = application()
    query = http.query(req, app.list_dead_letters)
    return http.ok(app.list_dead_letters(query, queue=http.path(req, "queue")))


@blueprint.function_name("replay_dead_letter")
@blueprint.route(
    route="api/dead-letters/{queue}/{sequence_number}/replay",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(OPERATOR, does="replay_dead_letter", status=202)
def replay_dead_letter(req: func.HttpRequest) -> func.HttpResponse:
    """Send a dead letter again under a new id; 409 if somebody has decided about it before."""
    app = application()
    decision = http.read(req, app.replay_dead_letter)
    return http.accepted(
        app.replay_dead_letter(
            decision,
            queue=http.path(req, "queue"),
            sequence_number=http.path(req, "sequence_number"),
            caller=http.caller(req),
            now=app.clock.now(),
        )
    )


@blueprint.function_name("discard_dead_letter")
@blueprint.route(
    route="api/dead-letters/{queue}/{sequence_number}/discard",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(OPERATOR, does="discard_dead_letter", status=202)
def discard_dead_letter(req: func.HttpRequest) -> func.HttpResponse:
    """Give a dead letter up, for a reason that is kept; 409 if somebody has decided about it before."""
    app = application()
    decision = http.read(req, app.discard_dead_letter)
    return http.accepted(
        app.discard_dead_letter(
            decision,
            queue=http.path(req, "queue"),
            sequence_number=http.path(req, "sequence_number"),
            caller=http.caller(req),
            now=app.clock.now(),
        )
    )
