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
from tests.support.fhir_people import a_patient, an_encounter, an_hba1c

PATIENTS = 120
KINDS = ("Observation", "Encounter", "Patient")
TOGETHER = 100
LATEST = timedelta(minutes=12)
LOST = 0.03
"""Of all events, never delivered: whoever looks at the record finds what they were about."""
HIGH, LOW, GLUCOSE = 8.2, 5.1, "2339-0"

Story = tuple[Resource | None, ...]
"""What becomes of one resource, change after change; None deletes it."""


@dataclass
class Hospital:
    """Writes down five thousand changes, a part at a time, and lets the news of them go astray.

    Two thirds of its people change too: most are reached elsewhere, some are gone, some come back. Some
    results name their patient by a number, or only the visit, which may be another's, or come later.
    """

    folder: Path
    seed: int
    changes: int = 5000
    fates: dict[str, str] = field(default_factory=dict[str, str])
    late: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311  # only chance
        self.rounds = self._rounds()

    def _rounds(self) -> Iterator[Sequence[tuple[str, Resource | None]]]:
        """Give rounds of changes, each of other resources: a later change of one is in a later round."""
        shares = {"high": 22, "low": 22, "other": 19, "kept": 7, "lowered": 4, "deleted": 2, "raised": 1}
        shares |= {"moved": 3, "erased": 1, "visited": 3, "identified": 2}
        kinds = [kind for kind, share in shares.items() for _ in range(share)]
        coming = [(f"patient-{number}", _life(number)) for number in range(PATIENTS * 2 // 3)]
        coming += [(f"visit-{number}", _visit(number)) for number in range(PATIENTS)]
        total, number = sum(len(story) for _, story in coming), 0
        while total < self.changes:
            kind = kinds[number % len(kinds)]
            first, second = self.chance.sample(range(PATIENTS), 2)
            story = _story(kind, f"{kind}-{number}", f"patient-{first}", f"patient-{second}")
            if total + len(story) > self.changes:
                kind, story = "high", _story("high", f"high-{number}", "patient-0", "patient-1")
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


def admit(folder: Path, now: datetime) -> None:
    """Write down its people as they are before anything else happens."""
    with closing(record_of(folder, StoppedClock(now))) as record:
        people = [a_patient(f"patient-{number}") for number in range(PATIENTS)]
        record.transaction([_written(str(person["id"]), person) for person in people])
        record.forget_events(1_000_000)


def _life(number: int) -> Story:
    """Say what becomes of a person: each third one is gone in the end or meanwhile, the others move house."""
    name = f"patient-{number}"
    moved = a_patient(
        name,
        family="O\u2019Brien-Lindstr\u00f6m",
        telecom=[{"system": "phone", "value": f"+46 70 174 {number:04d}"}],
    )
    return {0: (moved, None), 3: (None, moved)}.get(number % 6, (moved,))


def _visit(number: int) -> Story:
    """Say what becomes of a visit: some are another's after all, some never took place."""

    def visit(of: int) -> Resource:
        return an_encounter(f"visit-{number}", of=f"patient-{of % PATIENTS}")

    return {0: (visit(number + 7), visit(number)), 1: (visit(number), None)}.get(number % 5, (visit(number),))


def _story(kind: str, name: str, patient: str, another: str) -> Story:
    def result(value: float, *, of: str = patient, **more: str) -> Resource:
        return an_hba1c(name, of=of, value=value, **more)

    visit = patient.replace("patient", "visit")
    mrn = {"identifier": {"system": "https://clinic.example/mrn", "value": f"MRN-{patient}"}}
    stories: Mapping[str, Story] = {
        "high": (result(HIGH),),
        "low": (result(LOW),),
        "other": (result(HIGH, code=GLUCOSE),),
        "kept": (result(HIGH), result(HIGH + 1)),
        "lowered": (result(HIGH), result(LOW, status="corrected")),
        "deleted": (result(HIGH), None),
        "raised": (result(LOW), result(HIGH)),
        "moved": (result(LOW, code=GLUCOSE), result(LOW, of=another, code=GLUCOSE)),
        "erased": (result(LOW, code=GLUCOSE), None),
        "visited": (_unnamed(result(LOW, code=GLUCOSE), encounter={"reference": f"Encounter/{visit}"}),),
        "identified": (_unnamed(result(LOW, code=GLUCOSE), subject=mrn),),
    }
    return stories[kind]


def _unnamed(resource: Resource, **otherwise: Any) -> Resource:
    """Give a result that does not refer to its patient."""
    return {key: value for key, value in resource.items() if key != "subject"} | otherwise


def _written(name: str, resource: Resource | None) -> Write:
    kind = {"patient": "Patient", "visit": "Encounter"}.get(name.partition("-")[0], "Observation")
    return Write("DELETE", kind, name) if resource is None else Write("PUT", kind, name, resource)


def record_of(folder: Path, clock: StoppedClock) -> SqliteRecord:
    return SqliteRecord(folder / "record.db", clock=clock)


def final_record(
    folder: Path, now: datetime, *, kinds: tuple[str, ...] = ("Observation",)
) -> Mapping[str, Resource]:
    """Give every resource as the record has it in the end: what any copy of it must equal."""
    with closing(record_of(folder, StoppedClock(now))) as record:
        found = record.changes(None, types=kinds, limit=1_000_000).resources
    return {str(one["id"]): one for one in found}
