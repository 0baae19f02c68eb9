"""Move business time, by hand or by program."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.pages.forms import form_of, is_form, json_of
from local.pages.rendering import Rendering, back_to
from local.travel import Travel
from shared.kernel.refusals import Nonsense


@dataclass(frozen=True, slots=True)
class TimeTravel:
    """`/local/time`: a page; programs send `{"to": …}`, or `{"days": …, "hours": …, "seconds": …}`."""

    rendering: Rendering
    travel: Travel

    def routes(self) -> list[Route]:
        return [Route("/local/time", self.show), Route("/local/time", self.move, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            return self._times()
        distance = timedelta(seconds=round(self.travel.clock.ahead_by.total_seconds()))
        return self.rendering.page(request, "time.html", distance=spelt(distance))

    async def move(self, request: Request) -> Response:
        by_hand = is_form(request)
        said = dict(await form_of(request, self.rendering.form_token)) if by_hand else await json_of(request)
        await run_in_threadpool(self._move, said)
        return back_to("/local/time", "moved") if by_hand else self._times()

    def _move(self, said: dict[str, Any]) -> None:
        if said.get("home"):
            self.travel.move_to(self.travel.clock.real())
        elif said.get("to"):
            self.travel.move_to(_instant(said["to"]))
        else:
            self.travel.move_by(_duration(said))

    def _times(self) -> Response:
        clock = self.travel.clock
        return JSONResponse({"now": clock.now().isoformat(), "real": clock.real().isoformat()})


def spelt(distance: timedelta) -> str:
    """Say how far business time is from the machine's."""
    if not distance:
        return "none: business time is machine time"
    whole = abs(distance)
    parts = [
        (whole.days, "days"),
        (whole.seconds // 3600, "hours"),
        (whole.seconds // 60 % 60, "minutes"),
        (whole.seconds % 60, "seconds"),
    ]
    said = ", ".join(f"{count} {unit}" for count, unit in parts if count)
    return f"{said} {'ahead' if distance > timedelta() else 'behind'}"


def _instant(text: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        raise Nonsense(("to", "is not an instant (ISO 8601)")) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _duration(said: dict[str, Any]) -> timedelta:
    known = {"days", "hours", "minutes", "seconds"} & said.keys()
    if not known:
        raise Nonsense(("body", "names neither an instant (to) nor days, hours, minutes, seconds"))
    try:
        return timedelta(**{unit: float(said[unit] or 0) for unit in known})
    except (ValueError, TypeError, OverflowError):
        raise Nonsense((", ".join(sorted(known)), "is not a number within reach")) from None
