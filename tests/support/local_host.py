"""The local host in a process of its own, serving a tiny app that writes down what it is given."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.own_host import OwnHost

NEVER = "0 0 0 1 1 *"


class TinyHost(OwnHost):
    """A host of the tiny app, and what the app has written down."""

    def __init__(self, folder: Path, *, schedule: str = NEVER, port: int | None = None) -> None:
        tiny = ("--app", "tests.support.tiny_app", "--set", f"TINY_SCHEDULE={schedule}")
        super().__init__(folder, port=port, options=tiny)

    def send(self, queue: str, *messages: dict[str, Any]) -> None:
        self.http.post(f"/api/send/{queue}", content=json.dumps(messages)).raise_for_status()

    def journal(self, function: str | None = None) -> list[dict[str, Any]]:
        """Give what the app wrote down, of one function or of all."""
        file = self.folder / "tiny.jsonl"
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [line for line in lines if function in (None, line["function"])]

    def let_linger_no_more(self) -> None:
        """Let the handlers that wait for it go on, from their next delivery."""
        (self.folder / "there").touch()


@contextmanager
def a_tiny_host(folder: Path, *, schedule: str = NEVER) -> Generator[TinyHost]:
    """Have a host of the tiny app while the block lasts."""
    host = TinyHost(folder, schedule=schedule)
    try:
        host.start()
        yield host
    finally:
        host.stop()
        host.http.close()


@pytest.fixture
def tiny_host(tmp_path: Path) -> Iterator[TinyHost]:
    """Have a host of the tiny app while the test lasts."""
    with a_tiny_host(tmp_path / "data") as host:
        yield host
