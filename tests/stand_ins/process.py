"""A stand-in in a process of its own, and its control port, which is for the tests alone.

It is a program as `local.beside` runs them; among what it says when it is ready is `control`, a plain HTTP
address.
"""

import contextlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.beside import beside


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in: its addresses, and the client of its control port."""

    addresses: Mapping[str, Any]
    control: httpx.Client

    def tell(self, what: str, **wish: Any) -> Any:
        """Post a wish to the control port, `tell("clock", ahead_by_seconds=60)`, and give the answer."""
        return _answered(self.control.post(f"/control/{what}", json=wish))

    def ask(self, what: str, **about: Any) -> Any:
        """Get what the control port knows: `ask("counts")`."""
        return _answered(self.control.get(f"/control/{what}", params=about))


@contextlib.contextmanager
def a_stand_in(module: str, folder: Path, *options: str) -> Generator[StandIn]:
    """Run a module as a stand-in over a folder while the block lasts. Raises `DidNotStart`."""
    with (
        beside(module, folder, *options) as program,
        httpx.Client(base_url=program.said["control"], timeout=60, trust_env=False) as control,
    ):
        yield StandIn(program.said, control)


def _answered(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise ValueError(answer.text)
    return answer.json() if answer.content else None
