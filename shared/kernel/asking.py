"""In which capacity is somebody asking? Noted at the door, for whoever accounts for what is done (D17)."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asker:
    """In which roles somebody asks, and on what ground they come to the patient; neither says who it is."""

    roles: tuple[str, ...] = ()
    ground: str | None = None


_NOBODY = Asker()
_current: ContextVar[Asker] = ContextVar("asker", default=_NOBODY)


@contextmanager
def asking(asker: Asker) -> Generator[None]:
    """Let all that is done meanwhile be done by this asker."""
    token = _current.set(asker)
    try:
        yield
    finally:
        _current.reset(token)


def roles() -> tuple[str, ...]:
    """Give the roles of whoever asks; none where nobody does."""
    return _current.get().roles


def ground() -> str | None:
    """Give the ground on which somebody asks."""
    return _current.get().ground
