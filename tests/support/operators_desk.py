"""The operator's desk in a process of its own, at a house that a test names."""

import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from local.own_host import ROOT

MOST_SECONDS_TO_START = 60


class Desk:
    """One desk; `http` is the browser of whoever opened the address that it printed."""

    def __init__(self, process: subprocess.Popen[str], said: str) -> None:
        self.process = process
        self.said = said
        found = re.search(r"(http://127\.0\.0\.1:\d+)/\?key=\S+", said)
        assert found is not None, said
        self.opening, self.url = found[0], found[1]
        self.form_token = ""
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def opens(self) -> httpx.Response:
        """Follow the address that was printed."""
        return self.http.get(self.opening)

    def shows(self, path: str) -> httpx.Response:
        return self.http.get(f"/local/{path}")

    def decides(self, decision: str, why: str, **about: str) -> httpx.Response:
        """Send the form of a message or a letter, as the page would."""
        if not self.form_token:
            (self.form_token, *_) = re.findall(r'name="token" value="([^"]+)"', self.shows("parked").text)
        form: dict[str, Any] = {"token": self.form_token, "decision": decision, "why": why, **about}
        return self.http.post("/local/parked", data=form)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "local.operate", *arguments]


@contextmanager
def a_desk(house: str, *arguments: str, folder: Path, types: str = "") -> Generator[Desk]:
    """Start it, open it, and end it by its process id; what it complained of is in `operate.log`."""
    with (folder / "operate.log").open("a") as log:
        started = subprocess.Popen(
            command("--url", house, "--port", "0", *arguments),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with started as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(types)
        process.stdin.close()
        desk = Desk(process, process.stdout.readline())
        try:
            desk.opens()
            yield desk
        finally:
            desk.http.close()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=MOST_SECONDS_TO_START)
