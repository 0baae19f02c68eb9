"""From change events, which say nothing of patients, to changes in patients' records."""

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.fhir.ports import ClinicalRecord, Found, Resource
from shared.kernel import tracing
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotFound, NotYetVisible
from shared.patients.find_patient import FindPatient, PatientIsAmbiguous
from shared.patients.model import ProjectChange
from shared.patients.named_otherwise import named_otherwise
from shared.patients.projected_patients import ProjectedPatients
from shared.segments.in_fhir import patients_in
from shared.segments.live_segments import LiveSegments
from shared.segments.model import ReconsiderPatient
from shared.triggers.change_events import ChangeEvent, change_event
from shared.triggers.creations import created_at
from shared.triggers.documents import standing_for
from shared.triggers.in_fhir import CLOCKS_DIFFER_BY, is_behind, updated_at, version_of
from shared.triggers.live_triggers import LiveTriggers
from shared.triggers.model import ReactToChange
from shared.triggers.sources import ChangeSources
from shared.triggers.taken_in import TakenIn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TakeInChanges:
    """Finds whose resource each event speaks of and goes on in that patient's session; repeats do no harm.

    A change that no trigger, no live segment and nobody's projection concerns ends here, and so does one that
    no source may tell of. Whoever's firing stands on the resource hears of it too: it may have been deleted,
    or corrected to be about something, or somebody, else.
    """

    record: ClinicalRecord
    documents: Documents
    publisher: Publisher
    live: LiveTriggers
    segments: LiveSegments
    find_patient: FindPatient
    sources: ChangeSources
    lately: TakenIn
    projected: ProjectedPatients | None = None

    def __call__(
        self,
        events: Sequence[Any],
        *,
        now: datetime,  # noqa: ARG002  # every act of a queue is told the time
    ) -> Sequence[Exception | None]:
        """Take events as they came; give for each None when it is dealt with, else what stands in its way.

        What is no change event is `Nonsense`; what the record does not show yet, `NotYetVisible`, comes again
        alone; what several patients may own is `PatientIsAmbiguous`. Raises `TransientFault` when none of
        them could be dealt with.
        """
        read = [_read(event) for event in events]
        ignored = Counter(reason for event in read if (reason := self._ignores(event)) is not None)
        found = self._current([event for event in read if isinstance(event, ChangeEvent)])
        outcomes = [self._outcome(number, event, found) for number, event in enumerate(read)]
        announcements = [
            told for outcome in outcomes if not isinstance(outcome, Exception) for told in outcome
        ]
        if announcements:
            self.publisher.publish(announcements)
        for event, outcome in zip(read, outcomes, strict=True):
            if isinstance(event, ChangeEvent) and not isinstance(outcome, Exception):
                self.lately.note(event)
        told = {"events": len(events), "passed_on": len(announcements), "ignored": ignored.total()}
        log.info("triggers.changes.taken_in", extra=told | {"unknown_types": ignored["unknown_type"]})
        return [outcome if isinstance(outcome, Exception) else None for outcome in outcomes]

    def _outcome(
        self, number: int, event: ChangeEvent | Nonsense, found: Found
    ) -> Sequence[Announcement] | NotYetVisible | Nonsense | PatientIsAmbiguous:
        """Take one in as a piece of work of its own, though all of them are read together."""
        with tracing.about(number):
            if isinstance(event, Nonsense):
                return event
            try:
                return self._taken_in(event, found)
            except (NotYetVisible, PatientIsAmbiguous) as in_the_way:
                return in_the_way

    def _current(self, events: Sequence[ChangeEvent]) -> Found:
        """Read what any trigger or segment might watch, each once, in one go."""
        watched = dict.fromkeys(event.reference for event in events if self._watches(event))
        return self.record.read_many(list(watched)) if watched else Found({})

    def _taken_in(self, event: ChangeEvent, found: Found) -> Sequence[Announcement]:
        """Give what is to be told of one. Raises `NotYetVisible`, `PatientIsAmbiguous`."""
        if not self._watches(event):
            return ()
        resource = found.resources.get(event.reference)
        if _is_to_come(event, found) or (resource is not None and _is_to_go(event, resource)):
            raise NotYetVisible
        event = self._made_certain(event, resource)
        if resource is not None and is_behind(resource, event.version or 0, event.at):
            raise NotYetVisible
        reactions = [_reaction(event, patient) for patient in sorted(self._patients(event, resource))]
        grouped = [_reconsidering(event, each) for each in sorted(self._grouped(event, resource))]
        projected = [_projecting(event, each) for each in sorted(self._projected(event, resource))]
        return reactions + grouped + projected

    def _made_certain(self, event: ChangeEvent, resource: Resource | None) -> ChangeEvent:
        """Give a hint the version that there is now, and what must have happened for it.

        Where the record does not count its versions, no number tells a creation, and nobody's word for it is
        taken: its history is asked.
        """
        if resource is None:
            return event if event.version is not None else replace(event, version=0, happened="deleted")
        version = version_of(resource)
        at = event.at if event.version is not None else updated_at(resource) or event.at
        if version == 0:
            happened = "created" if self._is_creation(resource, at) else "updated"
            return replace(event, version=0, happened=happened, at=at)
        if event.version is not None:
            return event
        return replace(event, version=version, happened="created" if version == 1 else "updated", at=at)

    def _is_creation(self, resource: Resource, at: datetime) -> bool:
        """Say whether what was told as of then is the creation, if any trigger cares."""
        watching = self.live.watching(resource["resourceType"])
        if not any(one.definition.when != "either" and one.concerns(resource) for one in watching):
            return False
        created = created_at(self.record, resource)
        return created is not None and abs(at - created) <= CLOCKS_DIFFER_BY

    def _watches(self, event: ChangeEvent) -> bool:
        if self.sources.ignores(event) is not None:
            return False
        is_projected = self.projected is not None and self.projected.watches(event.resource_type)
        return is_projected or bool(
            self.live.watching(event.resource_type) or self.segments.watching(event.resource_type)
        )

    def _projected(self, event: ChangeEvent, resource: Resource | None) -> set[PatientId]:
        if self.projected is None:
            return set()
        return self.projected.concerned(event.reference, resource, is_first=event.is_first)

    def _ignores(self, event: ChangeEvent | Nonsense) -> str | None:
        return self.sources.ignores(event) if isinstance(event, ChangeEvent) else None

    def _patients(self, event: ChangeEvent, resource: Resource | None) -> set[PatientId]:
        if not self.live.watching(event.resource_type):
            return set()
        patient = self._owner(resource) if resource is not None and self.live.concern(resource) else None
        patients = {patient} if patient else set[PatientId]()
        if resource is None or not event.is_first:
            patients.update(
                firing.patient_id for firing in standing_for(self.documents, "/".join(event.reference))
            )
        return patients

    def _owner(self, resource: Resource) -> PatientId | None:
        """Find whose it is; who is named and cannot be seen may come yet, and is not forgotten."""
        whose = self.find_patient(resource)
        if whose.because == "not_found":
            raise NotYetVisible
        return whose.patient_id

    def _grouped(self, event: ChangeEvent, resource: Resource | None) -> set[PatientId]:
        """Name those whose membership of a segment may rest on it, as it is and as it was before."""
        if not self.segments.watching(event.resource_type):
            return set()
        if event.resource_type == "Patient":
            return {PatientId(event.resource_id)}
        versions = [resource] if resource is not None else []
        if resource is None or not event.is_first:
            with suppress(NotFound):  # hard-deleted: the next refresh of the segments finds what that changed
                versions += self.record.history(*event.reference)
        return self._all_of(versions)

    def _all_of(self, versions: Sequence[Resource]) -> set[PatientId]:
        """Name whom some versions are about; whoever is not referred to is looked for once for each name."""
        by_name = {name: one for one in versions if (name := named_otherwise(one)) is not None}
        found = map(self.find_patient.all_of, by_name.values())
        return set[PatientId]().union(*map(patients_in, versions), *found)


def _read(event: Any) -> ChangeEvent | Nonsense:
    try:
        return change_event(event)
    except Nonsense as nonsense:
        return nonsense


def _is_to_come(event: ChangeEvent, found: Found) -> bool:
    """Say whether what was written is not there and not known to be gone: then it is not visible yet.

    One that was hard-deleted since looks the same. It is waited for, and parked in the end: its deletion has
    news of its own, so that costs an operator a look and no patient anything.
    """
    return (
        event.happened != "deleted"
        and event.reference not in found.resources
        and event.reference not in found.gone
    )


def _is_to_go(event: ChangeEvent, resource: Resource) -> bool:
    """Say whether what a hint says is deleted still stands there as it was before; a new life is later."""
    if event.version is not None or event.happened != "deleted":
        return False
    updated = updated_at(resource)
    return updated is not None and event.at - updated > CLOCKS_DIFFER_BY


def _reaction(event: ChangeEvent, patient_id: PatientId) -> Announcement:
    """Name it for its time too: after a hard delete versions begin again, and a queue may drop repeats."""
    content = ReactToChange(
        patient_id, event.resource_type, event.resource_id, event.version or 0, event.at, event.happened
    )
    return _named(content, event, patient_id)


def _reconsidering(event: ChangeEvent, patient_id: PatientId) -> Announcement:
    content = ReconsiderPatient(
        patient_id, "change", resource="/".join(event.reference), version=event.version or 0, at=event.at
    )
    return _named(content, event, patient_id)


def _projecting(event: ChangeEvent, patient_id: PatientId) -> Announcement:
    content = ProjectChange(
        patient_id,
        event.resource_type,
        event.resource_id,
        event.version or 0,
        event.at,
        event.happened or "updated",
    )
    return _named(content, event, patient_id)


def _named(content: object, event: ChangeEvent, patient_id: PatientId) -> Announcement:
    reference = "/".join(event.reference)
    named = f"{reference}~{event.version}~{event.at.isoformat()}~{patient_id}"
    return Announcement(content, named, (reference, event.version or 0))
