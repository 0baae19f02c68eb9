"""A hospital whose changes reach us twice, late, in any order or never; and what must have come of them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Resource, Write
from shared.kernel.clock import StoppedClock
from shared.kernel.queues import OutgoingMessage, Queues
from tests.support.fhir_people import an_hba1c

PATIENTS = 120
TOGETHER = 100
LATEST = timedelta(minutes=12)
LOST = 0.03
"""Of all events, never delivered: whoever looks at the record finds what they were about."""
HIGH, LOW, GLUCOSE = 8.2, 5.1, "2339-0"

Story = tuple[Resource | None, ...]
"""What becomes of one result, change after change; None deletes it."""


@dataclass
class Hospital:
    """Writes down five thousand changes, a part at a time, and lets the news of them go astray."""

    folder: Path
    seed: int
    changes: int = 5000
    fates: dict[str, str] = field(default_factory=dict[str, str])
    late: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311  # only chance
        self.rounds = self._rounds()

    def _rounds(self) -> Iterator[Sequence[tuple[str, Resource | None]]]:
        """Give rounds of changes, each of other results: a later change of one is in a later round."""
        shares = {"high": 22, "low": 22, "other": 28, "kept": 7, "lowered": 4, "deleted": 2, "raised": 1}
        kinds = [kind for kind, share in shares.items() for _ in range(share)]
        coming: list[tuple[str, Story]] = []
        total, number = 0, 0
        while total < self.changes:
            kind = kinds[number % len(kinds)]
            story = _story(kind, f"{kind}-{number}", f"patient-{self.chance.randrange(PATIENTS)}")
            if total + len(story) > self.changes:
                kind, story = "high", _story("high", f"high-{number}", "patient-0")
            self.fates[f"{kind}-{number}"] = kind
            coming.append((f"{kind}-{number}", story))
            total, number = total + len(story), number + 1
        self.chance.shuffle(coming)
        while coming:
            some, coming = coming[:TOGETHER], coming[TOGETHER:]
            yield [(name, story[0]) for name, story in some]
            coming = [(name, story[1:]) for name, story in some if len(story) > 1] + coming
            self.chance.shuffle(coming)

    def works(self, queues: Queues, now: datetime, *, rounds: int | None = None) -> int:
        """Write some rounds, all unless told, and deliver what comes now; give how many changes."""
        count = 0
        with closing(record_of(self.folder, StoppedClock(now))) as record:
            for round_ in islice(self.rounds, rounds):
                count += len(round_)
                record.transaction([_written(name, resource) for name, resource in round_])
            told = [event for _, event in record.events(0, 1_000_000)]
            record.forget_events(1_000_000)
        arriving = [event for event in told if self.chance.random() >= LOST]
        arriving += self.chance.choices(arriving, k=len(arriving) // 3) + self.late
        self.late = self.chance.sample(arriving, len(arriving) // 10)
        self.chance.shuffle(arriving)
        for start in range(0, len(arriving), TOGETHER):
            queues.send(
                "fhir-changes", [self._delivery(event, now) for event in arriving[start : start + TOGETHER]]
            )
        return count

    def _delivery(self, event: Mapping[str, Any], now: datetime) -> OutgoingMessage:
        due_at = now + LATEST * self.chance.random() if self.chance.random() < 0.3 else None
        return OutgoingMessage(f"{self.chance.getrandbits(96):024x}", orjson.dumps(event), due_at=due_at)

    def must_stand(self) -> set[str]:
        """Name the results on which a firing must stand, once, when all is done."""
        return {name for name, kind in self.fates.items() if kind in ("high", "kept", "raised")}


def _story(kind: str, name: str, patient: str) -> Story:
    def result(value: float, **more: str) -> Resource:
        return an_hba1c(name, of=patient, value=value, **more)

    stories: Mapping[str, Story] = {
        "high": (result(HIGH),),
        "low": (result(LOW),),
        "other": (result(HIGH, code=GLUCOSE),),
        "kept": (result(HIGH), result(HIGH + 1)),
        "lowered": (result(HIGH), result(LOW, status="corrected")),
        "deleted": (result(HIGH), None),
        "raised": (result(LOW), result(HIGH)),
    }
    return stories[kind]


def _written(name: str, resource: Resource | None) -> Write:
    return (
        Write("DELETE", "Observation", name)
        if resource is None
        else Write("PUT", "Observation", name, resource)
    )


def record_of(folder: Path, clock: StoppedClock) -> SqliteRecord:
    return SqliteRecord(folder / "record.db", clock=clock)


def final_record(folder: Path, now: datetime) -> Mapping[str, Resource]:
    """Give every result as the record has it in the end: what any copy of it must equal."""
    with closing(record_of(folder, StoppedClock(now))) as record:
        found = record.changes(None, types=("Observation",), limit=1_000_000).resources
    return {str(one["id"]): one for one in found}
