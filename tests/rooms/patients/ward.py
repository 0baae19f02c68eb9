"""A house with a record beside it, in which what is known of patients follows the record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from shared.adapters.codec import from_plain
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Resource, Write
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.declarations import DECLARATIONS
from shared.patients.documents import facts_of, person_of
from shared.patients.facts import Fact
from shared.patients.facts_in_fhir import fact_from
from shared.patients.find_patient import FindPatient
from shared.patients.keeping_person import PersonKeeping
from shared.patients.model import ProjectChange
from shared.patients.named_by_identifier import NamedByIdentifier
from shared.patients.person import Person
from shared.patients.project_change import ProjectResourceChange
from shared.patients.project_patient import ProjectPatient
from shared.patients.project_together import ProjectTogether
from shared.patients.projected_patients import ProjectedPatients
from shared.patients.read_facts import ReadFacts
from shared.patients.their_resources import TheirResources
from shared.segments.live_segments import LiveSegments
from shared.triggers.live_triggers import LiveTriggers
from shared.triggers.sources import ChangeSources
from shared.triggers.take_in_changes import TakeInChanges
from shared.triggers.taken_in import TakenIn
from tests.support.house import House

KEYS = ContactKeys(Sensitive(b"a key that is long enough for tests"))


@dataclass
class Heard(Publisher):
    """Remembers what it was told to publish."""

    announcements: list[Announcement] = field(default_factory=list[Announcement])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.announcements += announcements


@dataclass
class Ward:
    """Everything of this room that follows the record."""

    house: House
    record: SqliteRecord
    heard: Heard = field(default_factory=Heard)
    seen: int = 0

    def __post_init__(self) -> None:
        documents, clock = self.house.documents, self.house.clock
        self.keeping = PersonKeeping(documents, KEYS, "SE", "Europe/Stockholm")
        self.project_change = ProjectResourceChange(self.record, self.record, documents, self.keeping)
        self.project_together = ProjectTogether(self.record, documents, self.project_change, monotonic)
        self.project_patient = ProjectPatient(
            self.record, documents, self.keeping, NamedByIdentifier(self.record)
        )
        self.read_facts = ReadFacts(self.record, documents, self.project_patient)
        self.take_in = TakeInChanges(
            self.record,
            documents,
            self.heard,
            LiveTriggers(documents, clock),
            LiveSegments(documents, clock),
            FindPatient(self.record),
            ChangeSources(),
            TakenIn(),
            ProjectedPatients(documents, FindPatient(self.record)),
        )

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def write(self, *resources: Resource) -> None:
        for one in resources:
            self.record.transaction([Write("PUT", one["resourceType"], one["id"], one)])

    def delete(self, kind: str, id_: str) -> None:
        self.record.transaction([Write("DELETE", kind, id_)])

    def news(self) -> list[Any]:
        """Give the record's change events since we last asked."""
        found = self.record.events(self.seen, 1000)
        self.seen = found[-1][0] if found else self.seen
        return [event for _, event in found]

    def told(self, *events: Any) -> list[ProjectChange]:
        """Take events in; give what is to be projected for it."""
        before = len(self.heard.announcements)
        given = list(events) or self.news()
        assert self.take_in(given, now=self.now) == [None] * len(given)
        contents = [one.content for one in self.heard.announcements[before:]]
        return [one for one in contents if isinstance(one, ProjectChange)]

    def follows(self) -> list[ProjectChange]:
        """Let all that was written be taken in and projected."""
        changes = self.told()
        self.project(changes)
        return changes

    def follows_what_was_committed(self) -> list[ProjectChange]:
        """Let that be projected which was announced with what was kept."""
        changes, _ = self.house.change_feed.read("a test", limit=1000)
        bodies = [change["body"] for change in changes if change["kind"] == "announcement"]
        told = [
            from_plain(body["content"], ProjectChange) for body in bodies if body["type"] == "ProjectChange"
        ]
        self.project(told)
        return told

    def project(self, changes: Sequence[ProjectChange]) -> None:
        """Project what came together."""
        assert self.project_together(changes, now=self.now) == [None] * len(changes)

    def kept(self, patient_id: str) -> dict[str, Fact]:
        found = facts_of(self.house.documents, PatientId(patient_id))
        return {one.body.resource: one.body for one in found}

    def recorded(self, patient_id: str) -> dict[str, Fact]:
        """Flatten what the record has of somebody now, by searching it."""
        found = (
            fact_from(resource, PatientId(patient_id))
            for kind in DECLARATIONS
            for resource in TheirResources(
                self.record, PatientId(patient_id), self.project_patient.by_identifier
            ).of(kind)
        )
        return {fact.resource: fact for fact in found if fact is not None}

    def person(self, patient_id: str) -> Person | None:
        found = person_of(self.house.documents, PatientId(patient_id))
        return found.body if found else None
