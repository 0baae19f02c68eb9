"""Turns templates into pages that run no script and load nothing from elsewhere."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.kernel.clock import Clock

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Place:
    """Where pages are shown: by which program, of which house, with which time, and what to beware of."""

    name: str
    where: str
    time: str
    pages: tuple[tuple[str, str], ...]
    warning: str


LOCAL_HOST = Place(
    name="local host",
    where="on this machine",
    time="business time",
    pages=(
        ("/local", "What is running"),
        ("/local/sign-in", "Sign in"),
        ("/local/messages", "Sent messages"),
        ("/local/queues", "Queues"),
        ("/local/parked", "Parked"),
        ("/local/time", "Time travel"),
        ("/local/functions", "Functions"),
    ),
    warning=(
        "This host listens on 127.0.0.1 only. Its sign-in keeps nobody out: never give it real patients' "
        "data that others on this machine may not see."
    ),
)
NOTICES = {
    "moved": "Business time has been moved; every timer has been ticked.",
    "ticked": "The timer has been ticked.",
    "signed-in": "Signed in.",
    "signed-out": "Signed out.",
    "replayed": "The message has been sent again.",
    "discarded": "The message has been discarded.",
}
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Inline style is for the e-mails that are shown; nothing else in them is let through."""


class Rendering:
    """Makes the pages of one program. `form_token` stands in every form: other origins cannot know it."""

    def __init__(self, organisation: str, clock: Clock, place: Place = LOCAL_HOST) -> None:
        self.form_token = secrets.token_urlsafe(24)
        self._organisation = organisation
        self._clock = clock
        self._place = place
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self._templates.filters["time"] = shown

    def page(self, request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
        """Render a page; `?notice=` names what has just been done."""
        notice = NOTICES.get(request.query_params.get("notice", ""))
        whole = {
            "organisation": self._organisation,
            "now": self._clock.now(),
            "real": self._clock.real(),
            "place": self._place,
            "here": request.url.path,
            "token": self.form_token,
            "notice": notice,
            "notice_is_bad": False,
            **context,
        }
        text = self._templates.get_template(template).render(whole)
        return HTMLResponse(text, status_code=status, headers=_headers())


def stylesheet(_: Request) -> Response:
    """Give the one stylesheet."""
    return Response(
        (_HERE / "page.css").read_text(), media_type="text/css", headers={"Cache-Control": "no-cache"}
    )


def back_to(address: str, notice: str) -> Response:
    """Go on at a page, which then says what has been done (POST, redirect, GET)."""
    return RedirectResponse(f"{address}?notice={notice}", status_code=303, headers=_headers())


def shown(instant: datetime) -> str:
    """Spell an instant for people: 29 March 2026, 00:59:00 UTC."""
    return f"{instant.day} {instant:%B %Y, %H:%M:%S} UTC"


def _headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": _POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
