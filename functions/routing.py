"""Which person takes this work? Queues, presence and capacity."""

import logging

import azure.functions as func

from functions.edge import http, service_bus, timer
from functions.edge.doors import roles
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()

MAKERS = roles("omnichannel_administrator")
READERS = roles("omnichannel_administrator", "omnichannel_supervisor", "csr_manager", "operator")
SUPERVISORS = roles("omnichannel_supervisor", "omnichannel_administrator", "csr_manager")
REPRESENTATIVES = roles("omnichannel_agent", "customer_service_representative")


@blueprint.function_name("offer_work")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%WORK_OFFERS_QUEUE%", connection="SERVICE_BUS", is_sessions_enabled=True
)
@service_bus.settles(session=True, queue="work-offers")
def offer_work(message: func.ServiceBusMessage) -> None:
    """Let work wait in a queue until somebody takes it; told twice, it waits once."""
    app = application()
    offer = service_bus.read(message, app.offer_work)
    app.offer_work(offer, now=app.clock.now())


@blueprint.function_name("settle_work")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%WORK_SETTLEMENTS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="work-settlements")
def settle_work(message: func.ServiceBusMessage) -> None:
    """Take work out of a queue; news of an earlier stay changes nothing."""
    app = application()
    told = service_bus.read(message, app.settle_work)
    app.settle_work(told, now=app.clock.now())


@blueprint.function_name("assign_work")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%WORK_ASSIGNMENTS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="work-assignments")
def assign_work(message: func.ServiceBusMessage) -> None:
    """Ask representatives to keep room for what waits, oldest first."""
    app = application()
    asked = service_bus.read(message, app.assign_work)
    app.assign_work(asked, now=app.clock.now())


@blueprint.function_name("reserve_capacity")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%CAPACITY_RESERVATIONS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="capacity-reservations")
def reserve_capacity(message: func.ServiceBusMessage) -> None:
    """Keep room with a representative for a while, or let the queue ask somebody else."""
    app = application()
    asked = service_bus.read(message, app.reserve_capacity)
    app.reserve_capacity(asked, now=app.clock.now())


@blueprint.function_name("note_reservation")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%RESERVED_WORK_QUEUE%", connection="SERVICE_BUS", is_sessions_enabled=True
)
@service_bus.settles(session=True, queue="reserved-work")
def note_reservation(message: func.ServiceBusMessage) -> None:
    """Hold work out to whoever keeps room for it, or give the room back."""
    app = application()
    kept = service_bus.read(message, app.note_reservation)
    app.note_reservation(kept, now=app.clock.now())


@blueprint.function_name("settle_capacity")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%CAPACITY_SETTLEMENTS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="capacity-settlements")
def settle_capacity(message: func.ServiceBusMessage) -> None:
    """Let a reservation become what became of it; every unit is given back once."""
    app = application()
    told = service_bus.read(message, app.settle_capacity)
    app.settle_capacity(told, now=app.clock.now())


@blueprint.function_name("queue_waiting_work")
@blueprint.timer_trigger(arg_name="tick", schedule="%WORK_SWEEP_SCHEDULE%")
@timer.ticks
def queue_waiting_work(tick: func.TimerRequest) -> None:
    """Queue an assignment wherever work waits, and give back room whose reservation has lapsed."""
    app = application()
    queued = app.queue_waiting_work(now=app.clock.now())
    log.info("routing.work.queued", extra={"queued": queued, "late": tick.past_due})


@blueprint.function_name("put_workstream")
@blueprint.route(
    route="api/workstreams/{workstream_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(MAKERS, does="put_workstream")
def put_workstream(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a workstream, one that is there needs If-Match; talks that begin from now on follow it."""
    app = application()
    definition = http.read(req, app.put_workstream)
    kept = app.put_workstream(
        definition,
        workstream_id=http.path(req, "workstream_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_workstream")
@blueprint.route(
    route="api/workstreams/{workstream_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(READERS, does="read_workstream")
def read_workstream(req: func.HttpRequest) -> func.HttpResponse:
    """Show one workstream as it now is, with the etag to change it by."""
    found = application().read_workstream(workstream_id=http.path(req, "workstream_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_workstreams")
@blueprint.route(route="api/workstreams", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_workstreams")
def list_workstreams(req: func.HttpRequest) -> func.HttpResponse:
    """Show workstreams in order of their names, a page at a time."""
    app = application()
    return http.ok(app.list_workstreams(http.query(req, app.list_workstreams)))


@blueprint.function_name("put_queue")
@blueprint.route(route="api/queues/{queue_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_queue")
def put_queue(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a queue, one that is there needs If-Match; new members are given what waits."""
    app = application()
    definition = http.read(req, app.put_queue)
    kept = app.put_queue(
        definition,
        queue_id=http.path(req, "queue_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_queue")
@blueprint.route(route="api/queues/{queue_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_queue")
def read_queue(req: func.HttpRequest) -> func.HttpResponse:
    """Show one queue as it now is, with the etag to change it by."""
    found = application().read_queue(queue_id=http.path(req, "queue_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_queues")
@blueprint.route(route="api/queues", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_queues")
def list_queues(req: func.HttpRequest) -> func.HttpResponse:
    """Show queues in order of their priority, a page at a time."""
    app = application()
    return http.ok(app.list_queues(http.query(req, app.list_queues)))


@blueprint.function_name("show_queue")
@blueprint.route(route="api/queues/{queue_id}/waiting", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="show_queue")
def show_queue(req: func.HttpRequest) -> func.HttpResponse:
    """Show what waits in a queue, since when, in which place, and to whom it is offered."""
    app = application()
    query = http.query(req, app.show_queue)
    return http.ok(app.show_queue(query, queue_id=http.path(req, "queue_id"), now=app.clock.now()))


@blueprint.function_name("explain_waiting")
@blueprint.route(
    route="api/queues/{queue_id}/waiting/{work_id}/why",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(READERS, does="explain_waiting")
def explain_waiting(req: func.HttpRequest) -> func.HttpResponse:
    """Say for each member of the queue why the work is not theirs: away, full, declined, or about to be."""
    app = application()
    queue_id, work_id = http.path(req, "queue_id"), http.path(req, "work_id")
    return http.ok(app.explain_waiting(queue_id=queue_id, work_id=work_id, now=app.clock.now()))


@blueprint.function_name("set_presence")
@blueprint.route(route="api/me/presence", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(REPRESENTATIVES, does="set_presence")
def set_presence(req: func.HttpRequest) -> func.HttpResponse:
    """Say whether you take work; who becomes available is given what waits."""
    app = application()
    asked = http.read(req, app.set_presence)
    return http.ok(app.set_presence(asked, caller=http.caller(req), now=app.clock.now()))


@blueprint.function_name("show_own_work")
@blueprint.route(route="api/me/work", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(REPRESENTATIVES, does="show_own_work")
def show_own_work(req: func.HttpRequest) -> func.HttpResponse:
    """Show your presence and capacity, what you are offered until when, and what you have in hand."""
    app = application()
    return http.ok(app.show_own_work(caller=http.caller(req), now=app.clock.now()))


@blueprint.function_name("list_representatives")
@blueprint.route(route="api/representatives", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SUPERVISORS, does="list_representatives")
def list_representatives(req: func.HttpRequest) -> func.HttpResponse:
    """Show who is there, since when, and how much of their capacity is used."""
    app = application()
    query = http.query(req, app.list_representatives)
    return http.ok(app.list_representatives(query, now=app.clock.now()))


@blueprint.function_name("set_capacity")
@blueprint.route(
    route="api/representatives/{representative_id}/capacity",
    methods=["PUT"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(SUPERVISORS, does="set_capacity")
def set_capacity(req: func.HttpRequest) -> func.HttpResponse:
    """Let a representative take more or less at a time; what is in hand stays in hand."""
    app = application()
    asked = http.read(req, app.set_capacity)
    representative_id, who = http.path(req, "representative_id"), http.caller(req)
    changed = app.set_capacity(asked, representative_id=representative_id, caller=who, now=app.clock.now())
    return http.ok(changed)
