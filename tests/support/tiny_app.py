"""An app with one function of every trigger, which writes down what it is given."""

import asyncio
import json
import os
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, List, cast  # noqa: UP035  # the worker wants typing.List (azure-facts §1.3)

import azure.functions as func

from shared.kernel.documents import Create
from shared.kernel.queues import OutgoingMessage
from shared.wiring.composition import application

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
_writing = threading.Lock()


def note(**what: Any) -> None:
    """Add a line to the journal, which outlives the process however it ends."""
    line = json.dumps(what).encode() + b"\n"
    with _writing:
        journal = os.open(application().folder / "tiny.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(journal, line)
        os.close(journal)


@app.function_name("ready")
@app.route(route="api/health/ready", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def ready(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    return func.HttpResponse("ready")


@app.function_name("echo")
@app.route(route="api/echo/{id:guid}/{*rest}", methods=["PUT", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
def echo(req: func.HttpRequest) -> func.HttpResponse:
    headers = cast("Mapping[str, str]", req.headers)
    heard = {
        "method": req.method,
        "route": dict(cast("Mapping[str, str]", req.route_params)),
        "params": dict(cast("Mapping[str, str]", req.params)),
        "custom": headers.get("X-Custom"),
        "body": req.get_body().decode(),
    }
    answer = func.HttpResponse(json.dumps(heard), status_code=201, mimetype="application/json")
    answer.headers.add("Set-Cookie", "a=1")
    answer.headers.add("Set-Cookie", "b=2")
    return answer


@app.function_name("read_echo")
@app.route(route="api/echo/{id:guid}/{*rest}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def read_echo(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    await asyncio.sleep(0)
    return func.HttpResponse("read by the loop")


@app.function_name("preflight")
@app.route(route="api/{*path}", methods=["OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS)
def preflight(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    return func.HttpResponse(status_code=204)


@app.function_name("stumble")
@app.route(route="api/stumble", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def stumble(req: func.HttpRequest) -> func.HttpResponse:
    raise LookupError(req.params["secret"])


@app.function_name("send")
@app.route(route="api/send/{queue}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def send(req: func.HttpRequest) -> func.HttpResponse:
    """Send `[{"id", "session", "due_at", "body"}…]` to the queue."""
    asked: list[dict[str, Any]] = req.get_json()
    application().queues.send(req.route_params["queue"], [_outgoing(one) for one in asked])
    return func.HttpResponse(status_code=202)


@app.function_name("write")
@app.route(route="api/write/{id}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def write(req: func.HttpRequest) -> func.HttpResponse:
    """Commit a document, for the change feed to tell of."""
    name = req.route_params["id"]
    application().documents.commit(f"tiny/{name}", changes=[Create(f"thing~{name}", req.get_json())])
    return func.HttpResponse(status_code=201)


@app.function_name("one_by_one")
@app.service_bus_queue_trigger(arg_name="message", queue_name="%DELIVERIES_QUEUE%", connection="SERVICE_BUS")
def one_by_one(message: func.ServiceBusMessage) -> None:
    _work_on("one_by_one", message)


@app.function_name("in_order")
@app.service_bus_queue_trigger(
    arg_name="message", queue_name="%JOURNEY_STEPS_QUEUE%", connection="SERVICE_BUS", is_sessions_enabled=True
)
def in_order(message: func.ServiceBusMessage) -> None:
    _work_on("in_order", message)


@app.function_name("in_batches")
@app.service_bus_queue_trigger(
    arg_name="messages",
    queue_name="%FHIR_CHANGES_QUEUE%",
    connection="SERVICE_BUS",
    cardinality=func.Cardinality.MANY,
)
def in_batches(messages: List[func.ServiceBusMessage]) -> None:  # noqa: UP006  # as above
    note(function="in_batches", ids=[message.message_id for message in messages])


@app.function_name("on_time")
@app.timer_trigger(arg_name="timer", schedule="%TINY_SCHEDULE%")
def on_time(timer: func.TimerRequest) -> None:
    note(function="on_time", past_due=timer.past_due, now=application().clock.now().isoformat())


@app.function_name("see_changes")
@app.cosmos_db_trigger(
    arg_name="documents",
    connection="COSMOS",
    database_name="%COSMOS_DATABASE%",
    container_name="%COSMOS_CONTAINER%",
    lease_container_name="%COSMOS_LEASES%",
    max_items_per_invocation=10,
)
def see_changes(documents: func.DocumentList) -> None:
    """Tell of things; of what the house itself keeps there is nothing to tell."""
    told = cast("Iterable[Mapping[str, Any]]", documents)
    seen = [one for one in told if one["kind"] == "thing"]
    if not seen:
        return
    note(function="see_changes", ids=[one["id"] for one in seen])
    if any(one["body"].get("refuse_until_there") for one in seen) and not _is_there():
        raise RuntimeError


def _outgoing(asked: dict[str, Any]) -> OutgoingMessage:
    due_at = datetime.fromisoformat(asked["due_at"]) if asked.get("due_at") else None
    return OutgoingMessage(asked["id"], json.dumps(asked.get("body")).encode(), asked.get("session"), due_at)


def _is_there() -> bool:
    return (application().folder / "there").exists()


def _work_on(function: str, message: func.ServiceBusMessage) -> None:
    body: dict[str, Any] = json.loads(message.get_body()) or {}
    note(
        function=function,
        id=message.message_id,
        session=message.session_id,
        delivery=message.delivery_count,
        body=body,
    )
    if body.get("linger_until_there") and not _is_there():
        threading.Event().wait(600)
    if (message.delivery_count or 1) <= body.get("fail_first", 0):
        raise RuntimeError(body)
