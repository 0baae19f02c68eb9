"""Bring what is kept of a patient up to date with one change in the record (FH-13, FH-14)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.fhir.ports import Reading, Resource
from shared.fhir.versions import is_behind
from shared.kernel.documents import Change, Create, Document, Documents, deleting, replacing
from shared.kernel.refusals import AlreadyExists, Gone, LostRace, NotFound, NotYetVisible
from shared.patients.documents import (
    Projection,
    fact_id,
    fact_of,
    facts_of,
    patient_partition,
    projection_of,
)
from shared.patients.facts import Fact
from shared.patients.facts_in_fhir import fact_from
from shared.patients.keeping_person import PersonKeeping
from shared.patients.model import ProjectChange
from shared.patients.references import patients_in

log = logging.getLogger(__name__)

MOST_TOGETHER = 90
"""Changes in one commit: below what one takes (D4: 100)."""


@dataclass(frozen=True, slots=True)
class ProjectResourceChange:
    """Reads the resource as it is now and keeps what it says of this patient; told twice it writes nothing.

    What is kept is read before the record is, and guarded: whoever has read something newer meanwhile wins.
    Of somebody never projected only the person is kept; the rest is read when it is first needed.
    """

    record: Reading
    documents: Documents
    person: PersonKeeping

    def __call__(self, asked: ProjectChange, *, now: datetime) -> None:
        """Project, or raise `NotYetVisible` while the record is behind what was announced."""
        if asked.resource_type == "Patient":
            self._project_person(asked)
            return
        state = projection_of(self.documents, asked.patient_id)
        if state is None:
            return
        before = fact_of(self.documents, asked.patient_id, f"{asked.resource_type}/{asked.resource_id}")
        resource = self._current(asked)
        after = fact_from(resource, asked.patient_id) if resource is not None else None
        changes = _kept(before, after)
        if changes or state.body.building_since is not None:
            self._commit(asked, [*changes, _noted(state, now)])

    def _project_person(self, asked: ProjectChange) -> None:
        """Keep who they are; of one who is gone from the record nothing stays."""
        resource = self._current(asked)
        if resource is None:
            self._forget(asked)
        else:
            changes = self.person.changes(asked.patient_id, self.person.read(resource))
            if changes:
                self._commit(asked, changes)

    def _forget(self, asked: ProjectChange) -> None:
        state = projection_of(self.documents, asked.patient_id)
        facts = [deleting(found) for found in facts_of(self.documents, asked.patient_id)]
        for start in range(0, len(facts), MOST_TOGETHER):
            self._commit(asked, facts[start : start + MOST_TOGETHER])
        rest = [*self.person.changes(asked.patient_id, None), *([deleting(state)] if state else [])]
        if rest:
            self._commit(asked, rest)

    def _commit(self, asked: ProjectChange, changes: Sequence[Change]) -> None:
        try:
            self.documents.commit(patient_partition(asked.patient_id), changes=changes)
        except AlreadyExists:  # projected twice at once: read again, and find it kept
            raise LostRace from None
        log.info("patients.change.projected", extra={"type": asked.resource_type})

    def _current(self, asked: ProjectChange) -> Resource | None:
        """Read the resource as it is now; gone, or become another patient's, it is None to this one."""
        try:
            resource = self.record.read(asked.resource_type, asked.resource_id)
        except Gone:
            return None
        except NotFound:
            if asked.happened != "deleted":
                raise NotYetVisible from None
            return None
        if is_behind(resource, asked.version, asked.at):
            raise NotYetVisible
        return resource if asked.patient_id in patients_in(resource) else None


def _kept(before: Document[Fact] | None, after: Fact | None) -> Sequence[Change]:
    """Say what to write of one fact: nothing where it is kept as it is, or as something newer."""
    if before is None:
        return [] if after is None else [Create(fact_id(after.resource), after)]
    if after is None:
        return [deleting(before)]
    if before.body == after or after.is_older_than(before.body):
        return []
    return [replacing(before, after)]


def _noted(state: Document[Projection], now: datetime) -> Change:
    """Move the time on, by which a builder sees that something has changed under its hands."""
    is_complete = state.body.complete_as_of is not None
    return replacing(state, replace(state.body, complete_as_of=now if is_complete else None))
