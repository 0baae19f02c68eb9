"""A house with a record beside it and everything of room triggers in it."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.access.model import Caller, Role
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Resource, Write
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Create
from shared.kernel.identity import PatientId
from shared.patients.find_patient import FindPatient
from shared.segments.documents import INDEXES as SEGMENT_INDEXES
from shared.segments.live_segments import LiveSegments
from shared.triggers.documents import DEFINITION, INDEXES
from shared.triggers.firings import Firing
from shared.triggers.live_triggers import LiveTriggers
from shared.triggers.model import ReactToChange, TriggerDefinition, TriggerDraft
from shared.triggers.put_trigger import PutTrigger
from shared.triggers.react_to_change import ReactToResourceChange
from shared.triggers.sources import ChangeSources
from shared.triggers.take_in_changes import TakeInChanges
from shared.triggers.taken_in import TakenIn
from tests.rooms.triggers.builders import MONDAY, a_draft
from tests.support.house import House, a_house

ADA, BOB = PatientId("ada"), PatientId("bob")
MAKER = Caller("olga", "https://issuer", frozenset({Role.OUTREACH_SPECIALIST}))
FIRING = "firing~hba1c~Observation~march"


@dataclass
class Heard(Publisher):
    """Remembers what it was told to publish."""

    announcements: list[Announcement] = field(default_factory=list[Announcement])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.announcements += announcements


@dataclass
class Ward:
    """A house with a record beside it and everything of this room in it."""

    house: House
    record: SqliteRecord
    heard: Heard = field(default_factory=Heard)
    seen: int = 0

    def __post_init__(self) -> None:
        self.live = LiveTriggers(self.house.documents, self.house.clock)
        self.put_trigger = PutTrigger(self.house.documents)
        segments = LiveSegments(self.house.documents, self.house.clock)
        self.find_patient = FindPatient(self.record)
        self.lately = TakenIn()
        self.take_in = TakeInChanges(
            self.record,
            self.house.documents,
            self.heard,
            self.live,
            segments,
            self.find_patient,
            ChangeSources(),
            self.lately,
        )
        self.react = ReactToResourceChange(self.record, self.house.documents, self.live, self.find_patient)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def has_trigger(self, draft: TriggerDraft | None = None, *, named: str = "hba1c") -> None:
        """Keep a trigger, as one who has seen what is there."""
        there = self.house.documents.look(f"trigger/{named}", DEFINITION, TriggerDefinition)
        seen = there.etag if there else None
        self.put_trigger(draft or a_draft(), trigger_id=named, caller=MAKER, now=self.now, if_match=seen)
        self.house.clock.pass_by(timedelta(seconds=2))

    def write(self, resource: Resource) -> None:
        self.record.transaction([Write("PUT", resource["resourceType"], resource["id"], resource)])

    def delete(self, resource: Resource) -> None:
        self.record.transaction([Write("DELETE", resource["resourceType"], resource["id"])])

    def events(self) -> list[Mapping[str, Any]]:
        """Give what the record has announced since we last asked."""
        found = self.record.events(self.seen, 100)
        self.seen = found[-1][0] if found else self.seen
        return [event for _, event in found]

    def goes_on(self) -> list[ReactToChange]:
        """Let everything that was written be taken in and reacted to; give what was passed on."""
        before = len(self.heard.announcements)
        assert self.take_in(self.events(), now=self.now) == [None]
        passed_on = [heard.content for heard in self.heard.announcements[before:]]
        changes = [content for content in passed_on if isinstance(content, ReactToChange)]
        for change in changes:
            self.react(change, now=self.now)
        return changes

    def react_to_all(self, *, only: int | None = None) -> None:
        """Let all that was ever written be heard of again, or one of it, and reacted to."""
        events = [event for _, event in self.record.events(0, 1000)]
        self.heard.announcements.clear()
        self.take_in(events, now=self.now)
        heard = [one.content for one in self.heard.announcements if isinstance(one.content, ReactToChange)]
        for change in heard if only is None else [heard[only]]:
            self.react(change, now=self.now)

    def has_fired_in_a_former_life(self) -> None:
        """Let a firing stand on a fifth version of what was hard-deleted since."""
        firing = Firing(
            trigger_id="hba1c",
            patient_id=ADA,
            resource="Observation/march",
            state="standing",
            occurrence=1,
            decided_on=5,
            occurred_at=self.now,
            fired_at=self.now,
            trigger_version=1,
        )
        self.house.documents.commit("patient/ada", changes=[Create(FIRING, firing)])

    def firing(self, of: PatientId = ADA) -> Firing | None:
        found = self.house.documents.look(f"patient/{of}", FIRING, Firing)
        return found.body if found else None

    def told(self, type_: str) -> list[dict[str, Any]]:
        """Give the contents of all announcements of one type that were committed and not yet relayed."""
        changes, _ = self.house.change_feed.read("a test", limit=1000)
        bodies = [change["body"] for change in changes if change["kind"] == "announcement"]
        return [body["content"] for body in bodies if body["type"] == type_]


@contextmanager
def a_ward(folder: Path) -> Generator[Ward]:
    """Open one on a Monday morning, with two patients whom nothing has happened to yet."""
    with a_house(folder, (*INDEXES, *SEGMENT_INDEXES), clock=StoppedClock(MONDAY)) as house:
        record = SqliteRecord(folder / "record.db", clock=house.clock)
        ward = Ward(house, record)
        for name in (ADA, BOB):
            ward.write({"resourceType": "Patient", "id": name})
        ward.events()
        yield ward
        record.close()
