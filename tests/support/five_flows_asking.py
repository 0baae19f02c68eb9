"""Asking a house that is being killed: again and again, until there is an answer that is one."""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

MOST_SECONDS = 240
PAUSE = 0.2
_RACES = frozenset({"lost-race"})


class Pace:
    """How many writes were answered and how many requests cut off; and what must never be."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.writes = 0
        self.cut_off = 0
        self.faults: list[str] = []
        self.lines: list[httpx.Client] = []

    def hang_up(self) -> None:
        """Close every connection, when all is over."""
        for line in self.lines:
            line.close()

    def answered(self, method: str) -> None:
        with self._lock:
            self.writes += method != "GET"

    def was_cut_off(self) -> None:
        with self._lock:
            self.cut_off += 1

    def must_not_be(self, fault: str) -> None:
        """Note what is a fault whenever it is seen."""
        with self._lock:
            self.faults.append(fault)


class Asker:
    """One person's or program's requests, on connections of its own."""

    def __init__(self, url: str, pace: Pace, token: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.pace = pace
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False, headers=headers)
        pace.lines.append(self.http)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask until the house has answered; what it says of a race it has lost is no answer."""
        deadline = time.monotonic() + MOST_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = self.http.request(method, path, **more)
                if answer.status_code == 500:
                    self.pace.must_not_be(f"{method} {_without_ids(path)} was answered with 500")
                if answer.status_code < 500 and kind_of(answer) not in _RACES:
                    self.pace.answered(method)
                    return answer
            self.pace.was_cut_off()
            if time.monotonic() > deadline:
                message = f"{method} {_without_ids(path)} was never answered"
                raise TimeoutError(message)
            breathe()

    def get(self, path: str, **more: Any) -> Any:
        """Ask for JSON. Raises `HTTPStatusError` where there is none."""
        return self.ask("GET", path, **more).raise_for_status().json()


def kind_of(answer: httpx.Response) -> str:
    """Give the kind of problem that was answered (`lost-race`), or nothing."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return str(answer.json()["type"]).removeprefix("/problems/")
    return ""


def breathe() -> None:
    threading.Event().wait(PAUSE)


def until(holds: Callable[[], bool], what: str, *, at_most: float = MOST_SECONDS) -> None:
    """Ask again and again until it holds. Raises `TimeoutError`, which says what never did."""
    deadline = time.monotonic() + at_most
    while not holds():
        if time.monotonic() > deadline:
            message = f"in vain: {what}"
            raise TimeoutError(message)
        breathe()


def _without_ids(path: str) -> str:
    return "/".join("…" if len(part) > 20 else part for part in path.split("?", maxsplit=1)[0].split("/"))
