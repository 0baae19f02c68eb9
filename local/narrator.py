"""Tells a story while it happens: what was asked, what came back, and whether it is as promised."""

import textwrap
from collections.abc import Mapping
from typing import Any

import httpx

WIDTH = 100


class BrokenPromise(Exception):
    """Something in the story did not happen as promised; the text says what."""


class Narrator:
    """Asks a host over HTTP, and says so in plain words."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self._scene = 0

    def scene(self, title: str) -> None:
        """Begin the next part."""
        self._scene += 1
        print(f"\n{self._scene}. {title}", flush=True)

    def say(self, text: str) -> None:
        """Tell what is going on."""
        print(textwrap.fill(text, WIDTH, initial_indent="   ", subsequent_indent="   "), flush=True)

    def quote(self, text: str) -> None:
        """Show what a person sees."""
        for line in text.splitlines() or [""]:
            print(
                textwrap.fill(line, WIDTH, initial_indent="      | ", subsequent_indent="      | "),
                flush=True,
            )

    def ask(  # noqa: PLR0913  # a request has this many sides
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        media_type: str = "application/json",
        told: bool = True,
        reason: str | None = None,
    ) -> Any:
        """Ask, tell what was asked and answered, and give the answer.

        `reason` is why somebody comes to a patient with whom they have nothing to do. Raises `BrokenPromise`
        unless it is a 2xx.
        """
        headers = {"Content-Type": media_type} if body is not None else {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if reason is not None:
            headers["X-Reason"] = reason
        answer = self.http.request(method, path, json=body, headers=headers)
        if told:
            self._tell(method, path, answer)
        if not answer.is_success:
            broken = f"{method} {path} was answered with {answer.status_code}: {answer.text[:500]}"
            raise BrokenPromise(broken)
        return answer.json() if answer.content else None

    def refused(
        self, method: str, path: str, *, status: int, body: bytes, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """Ask for what must not be, and give the refusal, or raise `BrokenPromise` at another status."""
        answer = self.http.request(
            method, path, content=body, headers={"Content-Type": "application/json", **headers}
        )
        self._tell(method, path, answer)
        if answer.status_code != status:
            broken = f"{method} {path} was answered with {answer.status_code} instead of {status}"
            raise BrokenPromise(broken)
        return answer.json()

    def _tell(self, method: str, path: str, answer: httpx.Response) -> None:
        print(f"   asked  {method} {path}")
        print(f"   got    {answer.status_code} {_shortened(answer)}", flush=True)

    def promise(self, kept: bool, text: str) -> None:  # noqa: FBT001  # read as `promise(it is so, "that ...")`
        """Say that something holds, or raise `BrokenPromise`."""
        if not kept:
            broken = f"this does not hold: {text}"
            raise BrokenPromise(broken)
        self.note(text)

    def note(self, text: str) -> None:
        """Say that something holds which has just been seen to hold."""
        print(textwrap.fill(text, WIDTH, initial_indent="   ✓ ", subsequent_indent="     "), flush=True)


def _shortened(answer: httpx.Response) -> str:
    if not answer.content or "json" not in answer.headers.get("content-type", ""):
        return ""
    told = answer.json()
    if not isinstance(told, Mapping):
        return f"{len(told)} items"
    text = ", ".join(f"{name}: {_word(value)}" for name, value in told.items())  # pyright: ignore[reportUnknownVariableType]  # any JSON
    return textwrap.shorten(text, WIDTH - 14, placeholder=" …")


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, list):
        return f"[{len(value)}]"  # pyright: ignore[reportUnknownArgumentType]  # any JSON
    return str(value)
