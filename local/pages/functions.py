"""Every function of the app, what starts it, and what it promises."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.app_index import AppIndex, Function
from local.engine import Engine
from local.pages.forms import form_of, of_same_origin
from local.pages.rendering import Rendering, back_to


@dataclass(frozen=True, slots=True)
class Line:
    """One function as the page shows it."""

    name: str
    what: str
    promise: str


@dataclass(frozen=True, slots=True)
class FunctionPages:
    """`/local/functions`, and `POST /local/tick/{function}` for programs."""

    rendering: Rendering
    engine: Engine

    def routes(self) -> list[Route]:
        return [
            Route("/local/functions", self.show),
            Route("/local/functions/tick", self.tick_by_hand, methods=["POST"]),
            Route("/local/tick/{function}", self.tick, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        index = self.engine.index
        timers = [_line(timer.function, timer.schedule_text) for timer in index.timers]
        return self.rendering.page(request, "functions.html", timers=timers, others=_others(index))

    async def tick_by_hand(self, request: Request) -> Response:
        form = await form_of(request, self.rendering.form_token)
        await run_in_threadpool(self.engine.timers.tick, str(form.get("function")))
        return back_to("/local/functions", "ticked")

    async def tick(self, request: Request) -> Response:
        """Begin a run of the timer now; `/local/idle` says when it has ended."""
        of_same_origin(request)
        name = request.path_params["function"]
        await run_in_threadpool(self.engine.timers.tick, name)
        return JSONResponse({"ticked": name}, status_code=202)


def _others(index: AppIndex) -> Sequence[tuple[str, str, list[Line]]]:
    return (
        ("Requests", "Address", [_line(f.function, f"{' '.join(f.methods)} {f.route}") for f in index.http]),
        (
            "Queues",
            "Queue",
            [_line(f.function, f.queue + (", in sessions" if f.in_sessions else "")) for f in index.queues],
        ),
        (
            "Change feed",
            "At most",
            [_line(f.function, f"{f.most_items} changes at once") for f in index.feeds],
        ),
    )


def _line(function: Function, what: str) -> Line:
    return Line(function.name, what, (inspect.getdoc(function.call) or "").partition("\n")[0])
