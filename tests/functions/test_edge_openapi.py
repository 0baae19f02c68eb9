"""The API's description: complete, and nothing in it points nowhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions.edge import docs_page, http, openapi
from functions.edge.doors import PATIENT, PUBLIC, roles, webhook_code, webhook_proof
from tests.support.edge_app import an_application

blueprint = func.Blueprint()


@blueprint.function_name("take_note")
@blueprint.route(route="api/notes", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(roles("operator", "care_coordinator"), does="take_note", status=201)
def take_note(req: func.HttpRequest) -> func.HttpResponse:
    """Take a note.

    It is kept for <a while>.
    """
    raise NotImplementedError(req.url)


@blueprint.function_name("find_notes")
@blueprint.route(route="api/notes", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PUBLIC, does="find_notes")
def find_notes(req: func.HttpRequest) -> func.HttpResponse:
    """Find notes."""
    raise NotImplementedError(req.url)


@blueprint.function_name("read_note")
@blueprint.route(route="api/notes/{note_id}", methods=["GET", "PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="read_note")
def read_note(req: func.HttpRequest) -> func.HttpResponse:
    """Read or write one's own note."""
    raise NotImplementedError(req.url)


@blueprint.function_name("take_report")
@blueprint.route(route="api/reports", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(webhook_proof("delivery_report_secret"), status=202)
def take_report(req: func.HttpRequest) -> func.HttpResponse:
    """Take in a report."""
    raise NotImplementedError(req.url)


@blueprint.function_name("take_event")
@blueprint.route(route="api/events", methods=["POST", "OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(webhook_code("fhir_webhook_secret"), status=202)
def take_event(req: func.HttpRequest) -> func.HttpResponse:
    """Take in an event."""
    raise NotImplementedError(req.url)


@blueprint.function_name("tick")
@blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def tick(timer: func.TimerRequest) -> None:
    raise NotImplementedError(timer.past_due)


@pytest.fixture
def described(tmp_path: Path) -> dict[str, Any]:
    with an_application(tmp_path) as app:
        functions = openapi.indexed([blueprint])
        return openapi.described(functions, app, title="Notes & more", version="1.0")


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, held in part.items():  # pyright: ignore[reportUnknownVariableType]  # JSON
            yield from [held] if name == "$ref" else references(held)
    elif isinstance(part, list):
        for held in part:  # pyright: ignore[reportUnknownVariableType]  # JSON
            yield from references(held)


class TestDescribed:
    def test_lists_every_route_and_nothing_else(self, described: dict[str, Any]) -> None:
        listed = {path: sorted(methods) for path, methods in described["paths"].items()}

        assert listed == {
            "/api/events": ["post"],
            "/api/notes": ["get", "post"],
            "/api/notes/{note_id}": ["get", "put"],
            "/api/reports": ["post"],
        }

    def test_refers_to_nothing_that_is_not_there(self, described: dict[str, Any]) -> None:
        schemas = described["components"]["schemas"]

        found = set(references(described))

        assert found == {f"#/components/schemas/{name}" for name in ("NoteAsked", "Note", "Problem")}
        assert all(reference.rpartition("/")[2] in schemas for reference in found)

    def test_takes_shapes_from_the_act(self, described: dict[str, Any]) -> None:
        operation = described["paths"]["/api/notes"]["post"]
        schemas = described["components"]["schemas"]

        asked = operation["requestBody"]["content"]["application/json"]["schema"]
        answered = operation["responses"]["201"]["content"]["application/json"]["schema"]
        assert (asked["$ref"], answered["$ref"]) == (
            "#/components/schemas/NoteAsked",
            "#/components/schemas/Note",
        )
        assert schemas["NoteAsked"]["required"] == ["text"]
        assert schemas["NoteAsked"]["additionalProperties"] is False

    def test_takes_words_from_the_docstring(self, described: dict[str, Any]) -> None:
        operation = described["paths"]["/api/notes"]["post"]

        assert operation["operationId"] == "take_note"
        assert (operation["summary"], operation["description"]) == (
            "Take a note.",
            "It is kept for <a while>.",
        )

    def test_documents_every_status_that_may_come(self, described: dict[str, Any]) -> None:
        posted = described["paths"]["/api/notes"]["post"]["responses"]
        found = described["paths"]["/api/notes"]["get"]["responses"]

        refused = {"400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "500", "503"}
        assert set(posted) == {"201"} | refused
        assert set(found) == {"200"} | refused - {"401", "403", "412", "415"}
        assert all("application/problem+json" in posted[status]["content"] for status in refused)
        assert "Retry-After" in posted["503"]["headers"]

    def test_turns_a_query_into_parameters(self, described: dict[str, Any]) -> None:
        parameters = {one["name"]: one for one in described["paths"]["/api/notes"]["get"]["parameters"]}

        assert {name: (one["in"], one["required"]) for name, one in parameters.items()} == {
            "since": ("query", False),
            "limit": ("query", False),
        }
        assert parameters["limit"]["schema"] == {"default": 10, "title": "Limit", "type": "integer"}

    def test_names_path_and_header_parameters(self, described: dict[str, Any]) -> None:
        written = {
            (one["in"], one["name"])
            for one in described["paths"]["/api/notes/{note_id}"]["put"]["parameters"]
        }
        posted = {(one["in"], one["name"]) for one in described["paths"]["/api/notes"]["post"]["parameters"]}

        assert written == {("path", "note_id"), ("header", "If-Match")}
        assert posted == {("header", "Idempotency-Key")}

    def test_gives_each_operation_its_own_id(self, described: dict[str, Any]) -> None:
        ids = [one["operationId"] for methods in described["paths"].values() for one in methods.values()]

        assert len(ids) == len(set(ids)) == 6

    def test_says_who_may_call(self, described: dict[str, Any]) -> None:
        paths = described["paths"]

        assert paths["/api/notes"]["post"]["security"] == [{"staff": ["care_coordinator", "operator"]}]
        assert paths["/api/notes"]["get"]["security"] == []
        assert paths["/api/notes/{note_id}"]["get"]["security"] == [{"patient": []}]
        assert paths["/api/reports"]["post"]["security"] == [{"signature": []}]
        assert paths["/api/events"]["post"]["security"] == [{"code": []}]
        named = {
            name for path in paths.values() for one in path.values() for s in one["security"] for name in s
        }
        assert named <= set(described["components"]["securitySchemes"])

    def test_is_json(self, described: dict[str, Any]) -> None:
        assert json.loads(json.dumps(described)) == described


class TestDocsPage:
    def test_shows_every_operation_and_runs_nothing(self, described: dict[str, Any]) -> None:
        page = docs_page.page(described)

        assert page.count("<details>") == 6
        assert "Notes &amp; more" in page
        assert "&lt;a while&gt;" in page
        assert "<script" not in page
        assert "http://" not in page.replace("http://www.w3.org", "")
