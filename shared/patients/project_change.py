"""Bring what is kept of a patient up to date with one change in the record (FH-13, FH-14)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.fhir.ports import ClinicalRecord, Reading, Resource
from shared.fhir.versions import is_behind, version_of
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Create, Document, Documents, Unchanged, deleting, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, Gone, LostRace, NotFound, NotYetVisible
from shared.patients.documents import (
    fact_of,
    facts_of,
    patient_partition,
    person_of,
    projection_of,
)
from shared.patients.facts import Fact
from shared.patients.facts_in_fhir import fact_from
from shared.patients.find_patient import FindPatient
from shared.patients.keeping_facts import kept, noted
from shared.patients.keeping_person import PersonKeeping
from shared.patients.model import ProjectChange
from shared.patients.person import Person
from shared.patients.references import encounter_of, identifier_of_patient, patients_in
from shared.patients.settle_details import SettleDetails
from shared.patients.their_resources import THROUGH, through
from shared.patients.who_shares_numbers import WhoSharesNumbers, is_merged_otherwise

log = logging.getLogger(__name__)

MOST_TOGETHER = 90
"""Changes in one commit: below what one takes (D4: 100)."""
BEGUN = -2
"""The version of an Encounter of which not all that came about in it is kept yet: next to none there is."""


@dataclass(frozen=True, slots=True)
class ProjectResourceChange:
    """Reads the resource as it is now and keeps what it says of this patient; told twice it writes nothing.

    What is kept is read before the record is, and guarded: whoever has read something newer meanwhile wins.
    Of somebody never projected only the person is kept; the rest is read when it is first needed.
    `reading` is the record too, asked together for what many ask at the same time. A change of somebody's own
    details that is not settled yet is settled here.
    """

    record: ClinicalRecord
    reading: Reading
    documents: Documents
    person: PersonKeeping
    settle: SettleDetails | None = None

    def __call__(self, asked: ProjectChange, *, now: datetime) -> None:
        """Project, or raise `NotYetVisible` while the record is behind what was announced."""
        if asked.anew:
            self._doubt(asked)
            return
        if asked.resource_type == "Patient":
            self._project_person(asked, now)
            if self.settle is not None:
                self.settle(asked.patient_id, now=now)
            return
        if asked.resource_type == "Encounter":
            self._project_through(asked, now)
        self._project_fact(asked, now)

    def _project_through(self, asked: ProjectChange, now: datetime) -> None:
        """Project what names nobody but this Encounter, where it may have become, or ceased to be, theirs.

        As long as that is not done it is held as of no version: whoever is stopped in between begins again.
        """
        if projection_of(self.documents, asked.patient_id) is None:
            return
        held = fact_of(self.documents, asked.patient_id, f"Encounter/{asked.resource_id}")
        resource = self._current(asked)
        if _is_next(held.body.version if held else None, version_of(resource) if resource else None):
            return
        of_it = [
            ProjectChange(asked.patient_id, resource_type, str(one["id"]), 0, now, "deleted")
            for resource_type in THROUGH
            for one in through(self.record, resource_type, [asked.resource_id])
        ]
        if of_it and resource is not None:
            self._project_fact(asked, now, as_version=BEGUN)
        for one in of_it:
            self._project_fact(one, now)

    def _project_fact(self, asked: ProjectChange, now: datetime, *, as_version: int | None = None) -> None:
        state = projection_of(self.documents, asked.patient_id)
        if state is None:
            return
        before = fact_of(self.documents, asked.patient_id, f"{asked.resource_type}/{asked.resource_id}")
        resource = self._current(asked)
        if resource is not None and self._holds_encounter_of(resource, asked, now):
            self._project_fact(asked, now)
            return
        after = fact_from(resource, asked.patient_id) if resource is not None else None
        kept_as = after if after is None or as_version is None else replace(after, version=as_version)
        changes = kept(before, kept_as)
        if changes or state.body.building_since is not None:
            marks, guards = noted(state, now)
            self._commit(asked, [*changes, *marks], guards)
        if before is None and resource is not None and after is not None:
            self._look_again(asked, resource, after)

    def _holds_encounter_of(self, resource: Resource, asked: ProjectChange, now: datetime) -> bool:
        """Hold the Encounter by which it is theirs, so that its move is heard; say whether it was not.

        Its own news may come later, and finds it held: what else names nobody but it is projected with it.
        """
        by_itself = patients_in(resource) or identifier_of_patient(resource)
        encounter = None if by_itself else encounter_of(resource)
        if encounter is None or fact_of(self.documents, asked.patient_id, f"Encounter/{encounter}"):
            return False
        held = ProjectChange(asked.patient_id, "Encounter", encounter, 0, now, "deleted")
        self._project_through(held, now)
        self._project_fact(held, now)
        return True

    def _look_again(self, asked: ProjectChange, was: Resource, fact: Fact) -> None:
        """Make sure that what was kept for the first time still stood then.

        What was deleted, or became another patient's, in between had no holder yet to be told.
        """
        resource = self._current(asked)
        if resource is None or (resource != was and fact_from(resource, asked.patient_id) != fact):
            raise LostRace

    def _doubt(self, asked: ProjectChange) -> None:
        """Have all of theirs read anew by whoever needs it next; nobody waits for that."""
        state = projection_of(self.documents, asked.patient_id)
        if state is not None:
            self._commit(asked, [replacing(state, replace(state.body, complete_as_of=None))])

    def _project_person(self, asked: ProjectChange, now: datetime) -> None:
        """Keep who they are; of one who is gone from the record nothing stays."""
        resource = self._current(asked)
        if resource is None:
            self._forget(asked, now)
            return
        person = self.person.read(resource)
        before = person_of(self.documents, asked.patient_id)
        doubtful = self._doubtful(asked.patient_id, before, person)
        changes = self.person.changes(asked.patient_id, person)
        if not changes:
            return
        self._tell_others(asked, before, person, now)
        self._commit(asked, [*changes, *doubtful])
        if isinstance(changes[0], Create) and self._current(asked) is None:
            raise LostRace  # whoever found them gone meanwhile found nothing kept to take away

    def _doubtful(
        self, patient_id: PatientId, before: Document[Person] | None, person: Person
    ) -> Sequence[Change]:
        """Have all read anew where what names them by an identifier may only now, or no longer, be theirs."""
        state = projection_of(self.documents, patient_id)
        if state is None or before is None:
            return ()
        is_next = _is_next(before.body.version, person.version)
        is_same = before.body.identifiers == person.identifiers
        if is_next and is_same and not is_merged_otherwise(before.body, person):
            return ()
        return (replacing(state, replace(state.body, complete_as_of=None)),)

    def _tell_others(
        self, asked: ProjectChange, before: Document[Person] | None, after: Person | None, now: datetime
    ) -> None:
        """Have what is kept of those read anew who have a number that this patient lost or got.

        It is told before what they had is forgotten: whoever is stopped in between tells it again.
        """
        if before is None:
            return
        told = [
            Announcement(
                ProjectChange(other, "Patient", other, 0, now, "updated", anew=True),
                f"Patient/{asked.patient_id}~{asked.at.isoformat()}~anew~{other}",
                (before.id, before.version),
            )
            for other in WhoSharesNumbers(self.record)(asked.patient_id, before.body, after)
        ]
        if told:
            self._commit(asked, [], told=told)

    def _forget(self, asked: ProjectChange, now: datetime) -> None:
        """Take all away, and first that by which a builder goes on: what is found then is all there is."""
        state = projection_of(self.documents, asked.patient_id)
        if state is not None:
            self._commit(asked, [deleting(state)])
        before = person_of(self.documents, asked.patient_id)
        person = self.person.changes(asked.patient_id, None)
        if person:
            self._tell_others(asked, before, None, now)
            self._commit(asked, person)
        facts = [deleting(found) for found in facts_of(self.documents, asked.patient_id)]
        for start in range(0, len(facts), MOST_TOGETHER):
            self._commit(asked, facts[start : start + MOST_TOGETHER])

    def _commit(
        self,
        asked: ProjectChange,
        changes: Sequence[Change],
        guards: Sequence[Unchanged] = (),
        told: Sequence[Announcement] = (),
    ) -> None:
        place = patient_partition(asked.patient_id)
        try:
            self.documents.commit(place, changes=changes, unchanged=guards, announcements=told)
        except AlreadyExists:  # projected twice at once: read again, and find it kept
            raise LostRace from None
        log.info("patients.change.projected", extra={"type": asked.resource_type})

    def _current(self, asked: ProjectChange) -> Resource | None:
        """Read the resource as it is now; gone, or become another patient's, it is None to this one."""
        try:
            resource = self.reading.read(asked.resource_type, asked.resource_id)
        except Gone:
            return None
        except NotFound:
            if asked.happened != "deleted":
                raise NotYetVisible from None
            return None
        if is_behind(resource, asked.version, asked.at):
            raise NotYetVisible
        return resource if asked.patient_id in FindPatient(self.record).all_of(resource) else None


def _is_next(kept: int | None, now_is: int | None) -> bool:
    """Say whether nothing can have been between what is kept and what there is now, not even a deletion."""
    if kept is None or now_is is None:
        return kept == now_is
    return kept <= now_is <= kept + 1
