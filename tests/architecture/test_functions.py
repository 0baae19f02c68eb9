"""Every function of the app is known, says who may call it, and only reads, calls and answers."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from shared.wiring.queues import QUEUES
from tests.support.the_app import described, doors_of, functions, parameters_of, trigger_of
from tests.support.tree import ROOT, parsed

LISTED: list[dict[str, Any]] = json.loads((ROOT / "tests/architecture/functions.json").read_text())
OTHER_FACES = {"direct_line", "scenarios"}
"""What room conversations shows to chat clients, and to those who write its bot (decision 12)."""
FUNCTION_FILES = sorted((ROOT / "functions").glob("[!_]*.py"))
MOST_STATEMENTS = 8


def by_name(function: Any) -> str:
    return str(function.get_function_name())


def of_kind(kind: str) -> list[Any]:
    return [function for function in functions() if trigger_of(function)["type"] == kind]


class TestFunctions:
    def test_are_those_listed(self) -> None:
        found = {by_name(function): described(function) for function in functions()}

        listed = {one["name"]: one for one in LISTED}

        assert found == listed, "`python -m tests.support.the_app` prints the new list"

    @pytest.mark.parametrize("function", functions(), ids=by_name)
    def test_take_what_their_bindings_give(self, function: Any) -> None:
        bindings = {
            str(binding.get_dict_repr()["name"])
            for binding in function.get_bindings()
            if binding.get_dict_repr()["name"] != "$return"
        }

        assert parameters_of(function) == bindings

    @pytest.mark.parametrize("function", functions(), ids=by_name)
    def test_open_with_their_promise(self, function: Any) -> None:
        promise = (function.get_user_function().__doc__ or "").strip()

        assert promise.endswith((".", "?"))

    @pytest.mark.parametrize("function", functions(), ids=by_name)
    def test_are_called_in_azure_as_in_the_code(self, function: Any) -> None:
        assert by_name(function) == function.get_user_function().__name__

    def test_all_stand_in_a_file_that_the_app_registers(self) -> None:
        written = {node.name for path in FUNCTION_FILES for node in decorated(path)}

        assert written == {by_name(function) for function in functions()}


class TestRoutes:
    @pytest.mark.parametrize("function", of_kind("httpTrigger"), ids=by_name)
    def test_declare_who_may_call(self, function: Any) -> None:
        assert len(doors_of(function)) == 1

    @pytest.mark.parametrize("function", of_kind("httpTrigger"), ids=by_name)
    def test_leave_the_lock_to_the_door(self, function: Any) -> None:
        level = trigger_of(function)["authLevel"]

        assert getattr(level, "name", level) == "ANONYMOUS"

    def test_are_each_served_once(self) -> None:
        served = [
            (method, trigger_of(function)["route"])
            for function in of_kind("httpTrigger")
            for method in described(function)["methods"]
        ]

        assert len(served) == len(set(served))

    def test_of_staff_ask_for_roles_that_exist(self) -> None:
        from shared.access.model import Role  # noqa: PLC0415  # asking does not make every run load the room

        asked = {
            role for function in of_kind("httpTrigger") for door in doors_of(function) for role in door.roles
        }

        assert asked <= {str(role) for role in Role}


class TestQueueFunctions:
    def test_look_after_every_queue_once(self) -> None:
        looked_after = sorted(trigger_of(function)["queueName"] for function in of_kind("serviceBusTrigger"))

        assert looked_after == sorted(f"%{queue.setting}%" for queue in QUEUES)

    @pytest.mark.parametrize("function", of_kind("serviceBusTrigger"), ids=by_name)
    def test_ask_for_sessions_where_the_table_does(self, function: Any) -> None:
        trigger = trigger_of(function)
        queue = next(queue for queue in QUEUES if f"%{queue.setting}%" == trigger["queueName"])

        assert bool(trigger.get("isSessionsEnabled")) == queue.in_sessions

    @pytest.mark.parametrize("function", of_kind("serviceBusTrigger"), ids=by_name)
    def test_take_one_message_at_a_time_in_a_session(self, function: Any) -> None:
        told = described(function)

        assert not (told["sessions"] and told["batches"])


class TestTimers:
    @pytest.mark.parametrize("function", of_kind("timerTrigger"), ids=by_name)
    def test_have_their_schedule_in_the_settings(self, function: Any) -> None:
        schedule = trigger_of(function)["schedule"]

        assert schedule.startswith("%")
        assert schedule.endswith("_SCHEDULE%")

    @pytest.mark.parametrize("function", of_kind("timerTrigger"), ids=by_name)
    def test_do_not_fire_because_a_host_started(self, function: Any) -> None:
        assert not trigger_of(function).get("runOnStartup")


class TestChangeFeed:
    @pytest.mark.parametrize("function", of_kind("cosmosDBTrigger"), ids=by_name)
    def test_is_asked_often_and_makes_no_containers(self, function: Any) -> None:
        trigger = trigger_of(function)

        assert 100 <= trigger["feedPollDelay"] <= 250
        assert trigger["createLeaseContainerIfNotExists"] is False

    @pytest.mark.parametrize("function", of_kind("cosmosDBTrigger"), ids=by_name)
    def test_is_given_a_batch_that_failed_again_without_limit(self, function: Any) -> None:
        """Or else the trigger would go on past it, and a lost batch would wait for the sweep (D5)."""
        policy = function.get_settings_dict("retry_policy")

        assert (policy["strategy"], policy["max_retry_count"]) == ("exponential_backoff", "-1")


class TestFunctionFiles:
    @pytest.mark.parametrize("path", FUNCTION_FILES, ids=lambda path: path.name)
    def test_read_call_and_answer(self, path: Path) -> None:
        too_clever = {
            node.name: [type(statement).__name__ for statement in _body(node)]
            for node in decorated(path)
            if len(_body(node)) > MOST_STATEMENTS
            or any(map(_is_clever, ast.walk(node)))
            or _decisions(node) > 1
        }

        assert not too_clever, "a fourth move is a use case asking for its own file (house rule 2)"

    @pytest.mark.parametrize("path", FUNCTION_FILES, ids=lambda path: path.name)
    def test_are_named_for_a_room_or_for_what_runs_the_house(self, path: Path) -> None:
        rooms = {package.parent.name for package in (ROOT / "shared").glob("*/__init__.py")}

        assert path.stem in rooms | {"health", "relay", "openapi"} | OTHER_FACES


def decorated(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give the functions of a file that a blueprint knows."""
    return [
        node
        for node in parsed(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any("blueprint." in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    return [statement for statement in node.body if not _is_docstring(statement)]


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_clever(node: ast.AST) -> bool:
    """Catching, looping and importing belong to the edge or to a use case."""
    return isinstance(node, ast.Try | ast.For | ast.AsyncFor | ast.While | ast.Import | ast.ImportFrom)


def _decisions(node: ast.AST) -> int:
    """One is allowed: a handshake is answered at once."""
    return sum(isinstance(inner, ast.If | ast.IfExp) for inner in ast.walk(node))
