"""What could not be done, why, and what to do about it: by the app's own routes for operators."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.engine import Engine
from local.own_api import Answer, OwnApi
from local.pages.forms import form_of
from local.pages.rendering import Rendering, back_to
from shared.kernel.refusals import Nonsense

_DECISIONS = {"replay": "replayed", "discard": "discarded"}


@dataclass(frozen=True, slots=True)
class ParkedPages:
    """`/local/parked`: parked messages and dead letters, to be explained, replayed or discarded."""

    rendering: Rendering
    engine: Engine
    api: OwnApi

    def routes(self) -> list[Route]:
        return [
            Route("/local/parked", self.show),
            Route("/local/parked", self.decide, methods=["POST"]),
            Route("/local/parked/{parked_id}", self.explain),
        ]

    def show(self, request: Request) -> Response:
        asked = self.api.get("/api/parked")
        letters = [letter for queue in self._queues_with_dead() for letter in self._dead_letters(queue)]
        return self.rendering.page(
            request,
            "parked.html",
            parked=_listed(asked, "messages"),
            letters=letters,
            unread=not asked.is_good,
        )

    def explain(self, request: Request) -> Response:
        answer = self.api.get(f"/api/parked/{_part(request.path_params['parked_id'])}")
        if not answer.is_good:
            return self.rendering.page(request, "not_there.html", status=404)
        body = json.dumps(answer.said["body"], indent=2, ensure_ascii=False)
        return self.rendering.page(
            request,
            "parked_one.html",
            one=answer.said["parked"],
            properties=answer.said["properties"],
            body=body,
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
        return self.rendering.page(
            request, "refused.html", status=answer.status, title_of_refusal=_title(answer)
        )

    def _queues_with_dead(self) -> list[str]:
        return [depth.queue for depth in self.engine.stores.receiver.depths() if depth.dead]

    def _dead_letters(self, queue: str) -> list[dict[str, Any]]:
        return _listed(self.api.get(f"/api/dead-letters/{_part(queue)}"), "letters")


def _address(form: dict[str, Any]) -> str:
    if form.get("parked_id"):
        return f"/api/parked/{_part(form['parked_id'])}"
    return f"/api/dead-letters/{_part(form.get('queue'))}/{_part(form.get('sequence_number'))}"


def _part(text: Any) -> str:
    return quote(str(text), safe="~")


def _listed(answer: Answer, name: str) -> list[dict[str, Any]]:
    return answer.said[name] if answer.is_good else []


def _title(answer: Answer) -> str:
    return answer.said.get("title", "") if isinstance(answer.said, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON
