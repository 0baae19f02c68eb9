"""What goes wrong on demand."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Fault:
    """A way to fail, for whom, and how often.

    `status` answers with that status, `drop` closes the connection, `delay` waits so many seconds. With
    `applied` the request is carried out first, so that only its answer is lost or wrong. `after` lets so many
    go first.
    """

    status: int | None = None
    drop: bool = False
    delay: float = 0.0
    applied: bool = False
    retry_after_ms: int | None = None
    kinds: frozenset[str] = frozenset()
    container: str | None = None
    times: int | None = None
    until: float | None = None
    probability: float = 1.0
    after: int = 0

    def meets(self, kind: str, container: str | None, chance: float) -> bool:
        """Say whether it strikes now, and count it."""
        if (self.kinds and kind not in self.kinds) or self.container not in (None, container):
            return False
        if self.is_over or chance >= self.probability:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times = None if self.times is None else self.times - 1
        return True

    @property
    def is_over(self) -> bool:
        return self.times == 0 or (self.until is not None and time.monotonic() > self.until)


@dataclass(slots=True)
class Faults:
    """The faults that are set, the oldest first; one strikes at a time."""

    waiting: list[Fault] = field(default_factory=list[Fault])
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311  # a coin, no secret
    struck: int = 0

    def add(self, wish: Mapping[str, Any]) -> None:
        """Take a fault from the control port: as `Fault`, `kinds` as a list and `seconds` for how long."""
        given = dict(wish)
        if "seed" in given:
            self.chance.seed(given.pop("seed"))
        seconds = given.pop("seconds", None)
        kinds = frozenset(given.pop("kinds", ()))
        until = None if seconds is None else time.monotonic() + seconds
        self.waiting.append(Fault(**given, kinds=kinds, until=until))

    def strike(self, kind: str, container: str | None) -> Fault | None:
        """Give the fault that meets a request, if one does."""
        if not self.waiting:
            return None
        self.waiting = [fault for fault in self.waiting if not fault.is_over]
        for fault in self.waiting:
            if fault.meets(kind, container, self.chance.random()):
                self.struck += 1
                return fault
        return None

    def clear(self) -> None:
        self.waiting.clear()
