"""What must a person do, by when, whose is it?"""

import azure.functions as func

from functions.edge import http, service_bus
from functions.edge.doors import roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

DOERS = roles(
    "customer_service_representative",
    "omnichannel_agent",
    "csr_manager",
    "omnichannel_supervisor",
    "care_coordinator",
    "healthcare_user",
    "outreach_specialist",
).tied("task")


@blueprint.function_name("create_task")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%TASK_REQUESTS_QUEUE%", connection="SERVICE_BUS"
)
@service_bus.settles(session=False, queue="task-requests")
def create_task(message: func.ServiceBusMessage) -> None:
    """Put on a list what the house asks for; asked twice, it stands there once."""
    app = application()
    asked = service_bus.read(message, app.create_task)
    app.create_task(asked, now=app.clock.now())


@blueprint.function_name("write_task_to_record")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%TASKS_TO_RECORD_QUEUE%", connection="SERVICE_BUS"
)
@service_bus.settles(session=False, queue="tasks-to-record")
def write_task_to_record(message: func.ServiceBusMessage) -> None:
    """Let the record know how a task stands, where the house wants that; told twice, it is one."""
    app = application()
    changed = service_bus.read(message, app.write_task_to_record)
    app.write_task_to_record(changed, now=app.clock.now())


@blueprint.function_name("add_task")
@blueprint.route(route="api/tasks", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(DOERS.tied("body"), does="add_task", status=201)
def add_task(req: func.HttpRequest) -> func.HttpResponse:
    """Ask somebody, or oneself, to do something."""
    app = application()
    new = http.read(req, app.add_task)
    made = app.add_task(new, task_id=http.request_id(req), caller=http.caller(req), now=app.clock.now())
    return http.created(made, location=f"/api/tasks/{made.id}", etag=made.etag)


@blueprint.function_name("list_tasks")
@blueprint.route(route="api/tasks", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(DOERS.tied("query"), does="list_tasks")
def list_tasks(req: func.HttpRequest) -> func.HttpResponse:
    """Show what lies before the caller, the soonest due first, a page at a time."""
    app = application()
    query = http.query(req, app.list_tasks)
    http.reads(req, query.patient)
    http.reads_many(req, "tasks")
    return http.ok(app.list_tasks(query, caller=http.caller(req), now=app.clock.now()))


@blueprint.function_name("read_task")
@blueprint.route(route="api/tasks/{task_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(DOERS, does="read_task")
def read_task(req: func.HttpRequest) -> func.HttpResponse:
    """Show the whole of one task, also as a FHIR Task, with the etag to change it by."""
    app = application()
    found = app.read_task(task_id=http.path(req, "task_id"), caller=http.caller(req), now=app.clock.now())
    http.reads(req, found.patient_id)
    return http.ok(found, etag=found.etag)


@blueprint.function_name("assign_task")
@blueprint.route(route="api/tasks/{task_id}/assign", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(DOERS, does="assign_task")
def assign_task(req: func.HttpRequest) -> func.HttpResponse:
    """Take a task, give it to somebody, or give it back; 409 where somebody else has it."""
    app = application()
    asked = http.read(req, app.assign_task)
    task = app.assign_task(
        asked,
        task_id=http.path(req, "task_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(task, etag=task.etag)


@blueprint.function_name("start_task")
@blueprint.route(route="api/tasks/{task_id}/start", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(DOERS, does="start_task")
def start_task(req: func.HttpRequest) -> func.HttpResponse:
    """Show others that somebody is at it."""
    app = application()
    task = app.start_task(
        task_id=http.path(req, "task_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(task, etag=task.etag)


@blueprint.function_name("note_task")
@blueprint.route(route="api/tasks/{task_id}/notes", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(DOERS, does="note_task")
def note_task(req: func.HttpRequest) -> func.HttpResponse:
    """Add a note to a task."""
    app = application()
    asked = http.read(req, app.note_task)
    task = app.note_task(
        asked,
        task_id=http.path(req, "task_id"),
        note_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(task, etag=task.etag)


@blueprint.function_name("complete_task")
@blueprint.route(route="api/tasks/{task_id}/complete", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(DOERS, does="complete_task")
def complete_task(req: func.HttpRequest) -> func.HttpResponse:
    """Close a task with what came of it, for good."""
    app = application()
    asked = http.read(req, app.complete_task)
    task = app.complete_task(
        asked,
        task_id=http.path(req, "task_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(task, etag=task.etag)


@blueprint.function_name("cancel_task")
@blueprint.route(route="api/tasks/{task_id}/cancel", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(DOERS, does="cancel_task")
def cancel_task(req: func.HttpRequest) -> func.HttpResponse:
    """Take a task off the list, for a reason that is kept."""
    app = application()
    asked = http.read(req, app.cancel_task)
    task = app.cancel_task(
        asked,
        task_id=http.path(req, "task_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(task, etag=task.etag)


@blueprint.function_name("reject_task")
@blueprint.route(route="api/tasks/{task_id}/reject", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(DOERS, does="reject_task")
def reject_task(req: func.HttpRequest) -> func.HttpResponse:
    """Refuse a task that one was given, for a reason that is kept."""
    app = application()
    asked = http.read(req, app.reject_task)
    task = app.reject_task(
        asked,
        task_id=http.path(req, "task_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(task, etag=task.etag)
