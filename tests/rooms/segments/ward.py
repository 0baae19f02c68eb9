"""A house with a record, a lake and everything of this room's store half in it."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from shared.access.model import Caller, Role
from shared.adapters.codec import from_plain
from shared.adapters.parquet_lake import ParquetLake
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.criteria import Code, ValueIs
from shared.fhir.ports import Resource, Write
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import PatientId
from shared.operations.live_features import LiveFeatures
from shared.patients.find_patient import FindPatient
from shared.patients.named_by_identifier import NamedByIdentifier
from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
from shared.segments.documents import CURRENT, INDEXES, member_ids, nested_in, segment_partition
from shared.segments.live_segments import LiveSegments
from shared.segments.model import ReconsiderPatient, RefreshSegment
from shared.segments.population import sql_for
from shared.segments.put_segment import KeptSegment, PutSegment
from shared.segments.queue_expiring_memberships import QueueExpiringMemberships
from shared.segments.queue_refreshes import QueueRefreshes
from shared.segments.read_patient_facts import ReadPatientFacts
from shared.segments.reconsider_patient import ReconsiderMemberships
from shared.segments.refresh_segment import RefreshPopulation
from shared.segments.rules import HasRecords, IsActive, Rule, Segment, SegmentDraft, WithinDays
from shared.triggers.documents import INDEXES as TRIGGER_INDEXES
from shared.triggers.live_triggers import LiveTriggers
from shared.triggers.sources import ChangeSources
from shared.triggers.take_in_changes import TakeInChanges
from shared.triggers.taken_in import TakenIn
from tests.rooms.triggers.builders import LOINC, MONDAY, an_hba1c
from tests.support.house import House, a_house

ADA, BOB = PatientId("ada"), PatientId("bob")
MAKER = Caller("olga", "https://issuer", frozenset({Role.OUTREACH_SPECIALIST, Role.CARE_COORDINATOR}))
TOO_HIGH = HasRecords(
    "has_records",
    "Observation",
    codes=(Code(LOINC, "4548-4"),),
    tests=(ValueIs("value", "above", 7.0, unit="%"),),
    when=WithinDays("within_days", 90),
)
IN_USE = IsActive("is_active")


def a_draft(rule: Rule = TOO_HIGH, **more: Any) -> SegmentDraft:
    settled: dict[str, Any] = {"name": "HbA1c too high", "rule": rule, "state": "live"}
    return SegmentDraft(**{**settled, **more})


def a_patient(patient_id: PatientId = ADA, **more: Any) -> Resource:
    return {"resourceType": "Patient", "id": patient_id, **more}


@dataclass
class Heard(Publisher):
    """Remembers what it was told to publish."""

    announcements: list[Announcement] = field(default_factory=list[Announcement])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.announcements += announcements


@dataclass
class Ward:
    """Writes into the record, and does what a host does between: take in, relay, deliver."""

    house: House
    record: SqliteRecord
    lake: ParquetLake
    heard: Heard = field(default_factory=Heard)
    waiting: list[tuple[object, datetime | None]] = field(
        default_factory=list[tuple[object, datetime | None]]
    )
    told: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        documents = self.house.documents
        self.live = LiveSegments(documents, self.house.clock)
        self.features = LiveFeatures(documents, self.house.clock)
        self.read_facts = ReadPatientFacts(self.record, self.lake, NamedByIdentifier(self.record))
        self.follow = BringLakeUpToDate(self.record, self.lake)
        self.put_segment = PutSegment(documents, self.live)
        self.refresh = RefreshPopulation(
            documents, self.lake, self.live, self.follow, self.heard, self.features
        )
        self.reconsider = ReconsiderMemberships(
            self.record, documents, self.live, self.read_facts, self.features
        )
        self.queue_refreshes = QueueRefreshes(documents, self.heard, self.features)
        self.queue_expiring = QueueExpiringMemberships(documents, self.heard, self.features)
        triggers = LiveTriggers(documents, self.house.clock)
        self.take_in = TakeInChanges(
            self.record,
            documents,
            self.heard,
            triggers,
            self.live,
            FindPatient(self.record),
            ChangeSources(),
            TakenIn(),
        )

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def has_segment(self, draft: SegmentDraft | None = None, *, named: str = "too-high") -> KeptSegment:
        """Keep a segment, as one who has seen what is there, and let the caches notice."""
        there = self.house.documents.look(segment_partition(named), CURRENT, Segment)
        seen = there.etag if there else None
        kept = self.put_segment(
            draft or a_draft(), segment_id=named, caller=MAKER, now=self.now, if_match=seen
        )
        self.house.clock.pass_by(timedelta(seconds=3))
        return kept

    def writes(self, *resources: Resource) -> None:
        self.record.transaction([Write("PUT", one["resourceType"], one["id"], one) for one in resources])

    def deletes(self, type_: str, id_: str) -> None:
        self.record.transaction([Write("DELETE", type_, id_)])

    def passes(self, **how_long: float) -> None:
        """Let time go by, and the timers tick."""
        self.house.clock.pass_by(timedelta(**how_long))
        self.queue_refreshes(now=self.now)
        self.queue_expiring(now=self.now)
        self.comes_to_rest()

    def comes_to_rest(self, chance: Random | None = None) -> None:
        """Deliver everything that is due; with `chance`, in any order and some of it twice."""
        while self._brings_in(chance) | bool(due := self._due()):
            if chance:
                chance.shuffle(due)
                due += [one for one in due if chance.random() < 0.3]
            for content in due:
                self._deliver(content)

    def events(self) -> list[dict[str, Any]]:
        """Give what the record's server tells of its changes, and forget it."""
        events = self.record.events(0, 1000)
        self.record.forget_events(events[-1][0] if events else 0)
        return [event for _, event in events]

    def members(self, named: str = "too-high") -> set[PatientId]:
        return set(member_ids(self.house.documents, named))

    def counted_anew(self, named: str = "too-high") -> set[PatientId]:
        """Count the segment's population over the record as it is now, in a lake of its own."""
        segment = self.house.documents.read(segment_partition(named), CURRENT, Segment).body
        self.follow(now=self.now)
        sql = sql_for(segment, nested=nested_in(self.house.documents, segment.rule))
        return set(self.lake.population(sql, as_of=self.now))

    def news(self) -> list[tuple[str, str, int]]:
        """Give who has joined or left, in order, as told to others."""
        return [(one["patient_id"], one["happened"], one["occurrence"]) for one in self.told]

    def _brings_in(self, chance: Random | None) -> bool:
        events = self.events()
        if chance:
            chance.shuffle(events)
        outcomes = self.take_in(events, now=self.now) if events else ()
        assert not any(outcomes)
        changes, mark = self.house.change_feed.read("ward", limit=1000)
        bodies = [change["body"] for change in changes if change["kind"] == "announcement"]
        self.house.change_feed.advance("ward", mark)
        self.told += [body["content"] for body in bodies if body["type"] == "MembershipChanged"]
        self.waiting += [
            (from_plain(body["content"], RefreshSegment), datetime.fromisoformat(body["due_at"]))
            for body in bodies
            if body["type"] == "RefreshSegment"
        ]
        self.waiting += [(one.content, one.due_at) for one in self.heard.announcements]
        self.heard.announcements.clear()
        return bool(events or bodies)

    def _due(self) -> list[object]:
        due = [content for content, due_at in self.waiting if due_at is None or due_at <= self.now]
        self.waiting = [one for one in self.waiting if one[1] is not None and one[1] > self.now]
        return due

    def _deliver(self, content: object) -> None:
        if isinstance(content, ReconsiderPatient):
            self.reconsider(content, now=self.now)
        elif isinstance(content, RefreshSegment):
            self.refresh(content, now=self.now)


def result(name: str = "march", *, of: PatientId = ADA, value: float = 8.1, **more: Any) -> Resource:
    """Give an HbA1c of Monday morning."""
    return {**an_hba1c(value, of=of), "id": name, **more}


@contextmanager
def a_ward(folder: Path) -> Generator[Ward]:
    indexes = (*INDEXES, *TRIGGER_INDEXES)
    with a_house(folder, indexes, clock=StoppedClock(MONDAY)) as house:
        record = SqliteRecord(folder / "record.db", clock=house.clock)
        try:
            yield Ward(house, record, ParquetLake(folder / "lake"))
        finally:
            record.close()
