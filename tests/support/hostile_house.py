"""`python -m tests.support.hostile_house FOLDER SEED DIES_AFTER`: a house that takes changes in, in trouble.

The record answers 429 again and again, and answers that were on their way get lost, after the work was done.
While a result is being kept, another house may change it and keep that first.
After so many calls (0: never) the process is killed, in the midst of one. It says how it has come to rest.
"""

import json
import os
import random
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from functions.edge import service_bus
from functions.edge.sleepers import Sleepers
from shared.kernel.clock import StoppedClock
from shared.kernel.refusals import Throttled, TransientFault
from shared.wiring.composition import Application, serve_as
from shared.wiring.settings import FhirSource, Settings
from tests.support.hostile_hospital import KINDS
from tests.support.hostile_meddling import OVERTAKEN, Overtaken
from tests.support.product_machine import LOCKED_FOR, tick, turn
from tests.support.product_routes import example

QUEUES = ("fhir-changes", "patient-changes", "change-polls", "patient-projections")
A_LOOK = 40
"""Turns between two looks at the record."""
LOOKS = 2
"""At the end: what a look has found is through when the next finds nothing."""
BEGINS = datetime.fromisoformat("2026-03-02T09:00:00+00:00")


@dataclass
class Life:
    """Counts calls down to the one in whose midst the process is killed."""

    calls_to_come: int

    def goes_on(self) -> None:
        self.calls_to_come -= 1
        if self.calls_to_come == 0:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Troubled:
    """Does all that `whole` does, but is often too busy, and its answers get lost."""

    whole: Any
    life: Life
    chance: random.Random
    busy: Mapping[str, float] = field(default_factory=dict[str, float])
    lost: Mapping[str, float] = field(default_factory=dict[str, float])

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.whole, name)
        return self._troubled(name, method) if name in {*self.busy, *self.lost} else method

    def _troubled(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def troubled(*args: Any, **kwargs: Any) -> Any:
            self.life.goes_on()
            if self.chance.random() < self.busy.get(name, 0):
                raise Throttled(retry_after=timedelta(seconds=1))
            answer = method(*args, **kwargs)
            self.life.goes_on()
            if self.chance.random() < self.lost.get(name, 0):
                raise TransientFault
            return answer

        return troubled


@dataclass
class Time(StoppedClock):
    """Goes on by what the house does, and is remembered when it is killed."""

    file: Path

    def __init__(self, file: Path) -> None:
        super().__init__(datetime.fromisoformat(file.read_text()) if file.exists() else BEGINS)
        self.file = file

    def pass_by(self, duration: timedelta) -> None:
        super().pass_by(duration)
        self.file.write_text(self.now().isoformat())


def clock_of(folder: Path) -> Time:
    return Time(folder / "time")


def application_in(folder: Path, clock: StoppedClock) -> Application:
    """Put the product together, without anything in its way."""
    settings = replace(
        Settings.read_from({**example(), "DATA_FOLDER": str(folder)}),
        fhir_sources=tuple(replace(one, types=KINDS) for one in _sources()),
    )
    app = Application(settings, clock=clock)
    serve_as(app)
    return app


def _sources() -> tuple[FhirSource, ...]:
    return Settings.read_from(example()).fhir_sources


def trouble(app: Application, life: Life, chance: random.Random) -> None:
    """Let the record, the store and the queues be as they are on a bad day."""
    often, now_and_then = {"read_many": 0.2, "read": 0.05, "changes": 0.2}, {"read_many": 0.05, "read": 0.01}
    record: Any = Troubled(app.record, life, chance, busy=often, lost=now_and_then)
    queues: Any = Troubled(app.queues, life, chance, lost={"send": 0.03})
    documents: Any = Troubled(app.documents, life, chance, lost={"commit": 0.02})
    overtaken: Any = Overtaken(record, app, app.embedded_record, app.documents, chance, OVERTAKEN)
    app.record, app.queues, app.documents = overtaken, queues, documents


def is_at_rest(app: Application) -> bool:
    depths = [depth for depth in app.receiver.depths() if depth.queue in QUEUES]
    return not any(depth.waiting or depth.scheduled or depth.locked for depth in depths)


def work(app: Application, clock: StoppedClock) -> int:
    """Take in and react until nothing is left, not even after two looks at the record; count the turns."""
    turns, looks = 0, 0
    while True:
        turns += 1
        clock.pass_by(timedelta(milliseconds=200))
        if turns % A_LOOK == 0:
            _tried(lambda: tick("queue_polls"))
        if _tried(lambda: turn(app, [], queues=QUEUES)):
            continue
        if not is_at_rest(app):
            clock.pass_by(timedelta(seconds=20))
        elif looks == LOOKS:
            return turns
        else:
            clock.pass_by(timedelta(minutes=1))
            looks += _tried(lambda: tick("queue_polls")) is None


def _tried(does: Callable[[], bool | None]) -> bool | None:
    """Do it, as the feed or a timer has it done: what a fault has stopped is done again by the next."""
    try:
        return does()
    except TransientFault:
        return True


def main() -> None:
    folder, seed, dies_after = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    service_bus._sleepers = Sleepers(sleep=lambda _: None)  # pyright: ignore[reportPrivateUsage]  # time here passes by itself
    clock = clock_of(folder)
    clock.pass_by(LOCKED_FOR + timedelta(seconds=1))  # what somebody held who was killed is free again
    app = application_in(folder, clock)
    trouble(app, Life(dies_after), random.Random(seed))  # noqa: S311  # only chance
    turns = work(app, clock)
    sys.stdout.write(json.dumps({"turns": turns}))
    app.close()


if __name__ == "__main__":
    main()
