"""What needs an operator, and what was decided?"""

import logging

import azure.functions as func

from functions.edge import http, service_bus, timer
from functions.edge.doors import roles
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()

OPERATOR = roles("operator")
SWITCHERS = roles("operator", "omnichannel_administrator", "marketing_manager")
"""Who has the settings of chat or of outreach in hand, and who is awake at night."""
READERS = roles(
    "operator",
    "omnichannel_administrator",
    "marketing_manager",
    "omnichannel_supervisor",
    "csr_manager",
    "outreach_specialist",
    "care_coordinator",
)


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


@blueprint.function_name("fill_indexes")
@blueprint.timer_trigger(arg_name="tick", schedule="%FILL_INDEXES_SCHEDULE%")
@timer.ticks
def fill_indexes(tick: func.TimerRequest) -> None:
    """Let documents from before an index was declared be found by it; nothing to do between two versions."""
    filled = application().fill_indexes()
    log.info("operations.indexes.filled", extra={"documents": filled, "late": tick.past_due})


@blueprint.function_name("measure_backlog")
@blueprint.timer_trigger(arg_name="tick", schedule="%BACKLOG_SCHEDULE%")
@timer.ticks
def measure_backlog(tick: func.TimerRequest) -> None:
    """Measure what waits in store and queues, and since when."""
    app = application()
    found = app.measure_backlog(now=app.clock.now(), real=app.clock.real())
    log.info(
        "operations.backlog.measured",
        extra={
            "waiting": found.waiting,
            "dead_lettered": found.dead_lettered,
            "parked": found.parked,
            "left_behind": found.left_behind,
            "held_overdue": found.held_overdue,
            "conversations": found.conversations,
            "late": tick.past_due,
        },
    )


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


@blueprint.function_name("list_message_queues")
@blueprint.route(route="api/message-queues", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(OPERATOR, does="list_message_queues")
def list_message_queues(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    """Show how many messages each queue holds: due, for later, and given up."""
    return http.ok(application().list_message_queues())


@blueprint.function_name("read_features")
@blueprint.route(route="api/features", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_features")
def read_features(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    """Show which features are on, with the etag to set them by once somebody has."""
    kept = application().read_features()
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("put_features")
@blueprint.route(route="api/features", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SWITCHERS, does="put_features")
def put_features(req: func.HttpRequest) -> func.HttpResponse:
    """Switch features on and off, for a reason that is kept; in force everywhere within two seconds."""
    app = application()
    wanted = http.read(req, app.put_features)
    kept = app.put_features(wanted, caller=http.caller(req), now=app.clock.now(), if_match=http.if_match(req))
    return http.ok(kept, etag=kept.etag)
