"""What could not be done, why, and what to do about it: by the app's own routes for operators."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.own_api import Answer, Api
from local.pages.forms import form_of
from local.pages.rendering import Rendering, back_to
from shared.kernel.refusals import Nonsense

_DECISIONS = {"replay": "replayed", "discard": "discarded"}
NOT_GIVEN = 502
"""The status of a page that has nothing to show because the house did not give it."""


@dataclass(frozen=True, slots=True)
class ParkedPages:
    """`/local/parked`: parked messages and dead letters, to be explained, replayed or discarded."""

    rendering: Rendering
    api: Api

    def routes(self) -> list[Route]:
        return [
            Route("/local/parked", self.show),
            Route("/local/parked", self.decide, methods=["POST"]),
            Route("/local/parked/{parked_id}", self.explain),
        ]

    def show(self, request: Request) -> Response:
        after = request.query_params.get("after")
        parked = self.api.get("/api/parked", {"after": after} if after else None)
        queues = self.api.get("/api/message-queues") if parked.is_good else parked
        dead = [self._dead_letters(queue["queue"]) for queue in _listed(queues, "queues") if queue["dead"]]
        trouble = next((trouble_of(asked) for asked in (parked, queues, *dead) if not asked.is_good), None)
        return self.rendering.page(
            request,
            "parked.html",
            status=NOT_GIVEN if trouble else 200,
            parked=_listed(parked, "messages"),
            later=parked.said["next"] if parked.is_good else None,
            letters=[_spelt_out(letter) for asked in dead for letter in _listed(asked, "letters")],
            there_are_more=any(asked.is_good and asked.said["next"] for asked in dead),
            trouble=trouble,
        )

    def explain(self, request: Request) -> Response:
        answer = self.api.get(f"/api/parked/{_part(request.path_params['parked_id'])}")
        if answer.status == 404:
            return self.rendering.page(request, "not_there.html", status=404)
        if not answer.is_good:
            return self._refused(request, answer)
        return self.rendering.page(
            request,
            "parked_one.html",
            one=answer.said["parked"],
            properties=answer.said["properties"],
            body=_indented(answer.said["body"]),
        )

    async def decide(self, request: Request) -> Response:
        form = await form_of(request, self.rendering.form_token)
        decision = str(form.get("decision"))
        if decision not in _DECISIONS:
            raise Nonsense(("decision", "is neither replay nor discard"))
        why = str(form.get("why", "")).strip() or None
        answer = await run_in_threadpool(self.api.post, f"{_address(dict(form))}/{decision}", {"why": why})
        if answer.is_good:
            return back_to("/local/parked", _DECISIONS[decision])
        return self._refused(request, answer)

    def _refused(self, request: Request, answer: Answer) -> Response:
        told = trouble_of(answer)
        return self.rendering.page(request, "refused.html", status=answer.status, title_of_refusal=told)

    def _dead_letters(self, queue: str) -> Answer:
        return self.api.get(f"/api/dead-letters/{_part(queue)}")


def trouble_of(answer: Answer) -> str:
    """Say in a sentence why the house did not do, or did not give, what it was asked for."""
    title = answer.said.get("title") if isinstance(answer.said, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON
    return str(title) if title else f"The app did not give what was asked of it (status {answer.status})."  # pyright: ignore[reportUnknownArgumentType]  # JSON


def _address(form: dict[str, Any]) -> str:
    if form.get("parked_id"):
        return f"/api/parked/{_part(form['parked_id'])}"
    return f"/api/dead-letters/{_part(form.get('queue'))}/{_part(form.get('sequence_number'))}"


def _part(text: Any) -> str:
    return quote(str(text), safe="~")


def _listed(answer: Answer, name: str) -> Sequence[dict[str, Any]]:
    return answer.said[name] if answer.is_good else []


def _spelt_out(letter: dict[str, Any]) -> dict[str, Any]:
    return {**letter, "body": _indented(letter["body"])}


def _indented(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)
