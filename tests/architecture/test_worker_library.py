"""The library that Azure runs our functions with accepts, indexes and invokes every one of them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.judges import installed, judge
from tests.support.tree import ROOT

LISTED: list[dict[str, Any]] = json.loads((ROOT / "tests/architecture/functions.json").read_text())
EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
HELLO = """
import azure.functions as func

app = func.FunctionApp()


@app.route(route="hello", auth_level=func.AuthLevel.ANONYMOUS)
def hello({parameters}) -> func.HttpResponse:
    return func.HttpResponse("hello")
"""


@pytest.fixture(autouse=True)
def _library() -> None:
    judge("azure-functions-runtime", available=installed("azure_functions_runtime"))


def verdict_on(app: Path, data: Path, invocations: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    path = os.pathsep.join(str(folder) for folder in (app, ROOT))
    asked = [sys.executable, "-m", "tests.support.worker_library", str(app)]
    settings = {**EXAMPLE, "DATA_FOLDER": str(data), "PYTHONPATH": path, "PATH": ""}
    answered = subprocess.run(
        asked,
        cwd=ROOT,
        env=settings,
        input=json.dumps(invocations),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answered.returncode == 0, answered.stderr[-3000:]
    verdict: dict[str, Any] = json.loads(answered.stdout)
    return verdict | {"said": answered.stderr[-3000:]}


def a_request(
    function: str, route: str, *, method: str = "GET", body: str = "", path: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Give an invocation as the host makes one of a request."""
    http = {
        "method": ["string", method],
        "url": ["string", f"http://127.0.0.1/{route}"],
        "headers": {"content-type": ["string", "application/json"]},
        "params": {name: ["string", value] for name, value in (path or {}).items()},
        "query": {},
        "body": ["bytes", body],
    }
    return {"function": function, "inputs": {"req": ["http", http]}}


def a_message(function: str, parameter: str, *, body: str, session: str | None) -> dict[str, Any]:
    """Give an invocation as the host makes one of a Service Bus message."""
    session_id = {} if session is None else {"SessionId": ["string", session]}
    metadata: dict[str, Any] = {
        "MessageId": ["string", "m-1"],
        "DeliveryCount": ["int", 1],
        "SequenceNumber": ["int", 7],
        "EnqueuedTimeUtc": ["json", "2026-10-01T09:00:00Z"],
        "ApplicationProperties": ["json", {}],
        "UserProperties": ["json", {}],
        "LockToken": ["string", "00000000-0000-0000-0000-000000000000"],
        "ContentType": ["string", "application/json"],
    }
    inputs = {parameter: ["string", body]}
    return {"function": function, "inputs": inputs, "metadata": metadata | session_id}


def a_batch(function: str, parameter: str, *, bodies: Sequence[str]) -> dict[str, Any]:
    """Give an invocation as the host makes one of several Service Bus messages at once."""
    each = len(bodies)
    metadata: dict[str, Any] = {
        "MessageIdArray": ["json", [f"m-{number}" for number in range(each)]],
        "DeliveryCountArray": ["json", [1] * each],
        "SequenceNumberArray": ["json", list(range(each))],
        "EnqueuedTimeUtcArray": ["json", ["2026-10-01T09:00:00Z"] * each],
        "ApplicationPropertiesArray": ["json", [{}] * each],
        "UserPropertiesArray": ["json", [{}] * each],
        "LockTokenArray": ["json", ["00000000-0000-0000-0000-000000000000"] * each],
        "ContentTypeArray": ["json", ["application/json"] * each],
    }
    return {"function": function, "inputs": {parameter: ["json", list(bodies)]}, "metadata": metadata}


def a_tick(function: str, parameter: str) -> dict[str, Any]:
    """Give an invocation as the host makes one of a timer."""
    timer = {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": {"Last": "2026-10-01T08:59:00+00:00", "Next": "2026-10-01T09:00:00+00:00"},
        "IsPastDue": False,
    }
    return {"function": function, "inputs": {parameter: ["json", timer]}}


def some_changes(function: str, parameter: str) -> dict[str, Any]:
    """Give an invocation as the host makes one of the change feed; there is nothing to relay in it."""
    change: dict[str, Any] = {
        "id": "patient~1",
        "partition": "patient/1",
        "kind": "patient",
        "version": 1,
        "body": {},
        "_etag": "e",
    }
    return {"function": function, "inputs": {parameter: ["json", [change]]}}


class TestTheWorkerLibrary:
    def test_takes_the_whole_app(self, tmp_path: Path) -> None:
        verdict = verdict_on(ROOT, tmp_path)

        assert verdict["complaint"] is None
        assert verdict["status"] == 1
        assert verdict["names"] == sorted(one["name"] for one in LISTED)

    def test_refuses_a_parameter_without_a_binding(self, tmp_path: Path) -> None:
        app = tmp_path / "app"
        app.mkdir()
        (app / "function_app.py").write_text(HELLO.format(parameters="req: func.HttpRequest, store=None"))

        verdict = verdict_on(app, tmp_path)

        assert verdict["status"] == 0
        assert "store" in verdict["complaint"]

    def test_gets_an_answer_from_a_route(self, tmp_path: Path) -> None:
        verdict = verdict_on(ROOT, tmp_path, [a_request("live", "api/health/live")])

        (answer,) = verdict["outcomes"]
        assert answer["ok"], verdict["said"]
        assert answer["returned"]["status_code"] in (200, "200")
        assert json.loads(answer["returned"]["body"]) == {"status": "live"}

    def test_gets_a_refusal_from_every_route_that_is_not_public(self, tmp_path: Path) -> None:
        guarded = [one for one in LISTED if one["trigger"] == "httpTrigger" and one["door"] != "public"]
        invocations = [
            a_request(one["name"], one["route"], method=method, body="{}", path=_ids_in(one["route"]))
            for one in guarded
            for method in one["methods"]
            if method != "OPTIONS"
        ]

        verdict = verdict_on(ROOT, tmp_path, invocations)

        answers = {
            invocation["function"]: str(outcome["returned"]["status_code"])
            for invocation, outcome in zip(invocations, verdict["outcomes"], strict=True)
        }
        assert answers
        assert set(answers.values()) <= {"401", "403"}, verdict["said"]

    def test_invokes_every_function_that_is_not_a_route(self, tmp_path: Path) -> None:
        invocations = [invocation for one in LISTED if (invocation := _invocation(one))]

        verdict = verdict_on(ROOT, tmp_path, invocations)

        failed = {
            invocation["function"]: outcome["failure"]
            for invocation, outcome in zip(invocations, verdict["outcomes"], strict=True)
            if not outcome["ok"]
        }
        assert not failed, verdict["said"]


def _ids_in(route: str) -> dict[str, str]:
    return {part.strip("{}"): "ada" for part in route.split("/") if part.startswith("{")}


def _invocation(listed: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give something harmless to invoke the function with: a message that cannot be read is set aside."""
    match listed["trigger"]:
        case "serviceBusTrigger" if listed["batches"]:
            return a_batch(listed["name"], listed["parameter"], bodies=["not json", "nor this"])
        case "serviceBusTrigger":
            session = "ada" if listed["sessions"] else None
            return a_message(listed["name"], listed["parameter"], body="not json", session=session)
        case "timerTrigger":
            return a_tick(listed["name"], listed["parameter"])
        case "cosmosDBTrigger":
            return some_changes(listed["name"], listed["parameter"])
        case _:
            return None
