"""Ask whether a change in a patient's record starts something, or takes something back."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, Replace, announcing
from shared.kernel.refusals import AlreadyExists, Gone, LostRace, NotFound, NotYetVisible
from shared.patients.documents import patient_partition
from shared.patients.find_patient import FindPatient
from shared.triggers.before import Before, Created, Unknown, Version, before, stood_at
from shared.triggers.documents import firing_id, kept
from shared.triggers.firings import Firing, Rules, judged
from shared.triggers.in_fhir import is_behind, version_of
from shared.triggers.live_triggers import LiveTriggers
from shared.triggers.matching import CompiledTrigger
from shared.triggers.model import ReactToChange, TriggerFired, TriggerWithdrawn

log = logging.getLogger(__name__)

Told = tuple[Create | Replace, Announcement]

MOST_TOGETHER = 45
"""Firings in one commit, each with its announcement: well below what one takes (D4: 100)."""


@dataclass(frozen=True, slots=True)
class ReactToResourceChange:
    """Matches the current state with the triggers in force and commits what fired or was withdrawn.

    What stands is judged by the version of the trigger that fired it. Told twice, or late, it finds the
    firing as it should be and writes nothing; stopped between two commits, it goes on where it was.
    """

    record: ClinicalRecord
    documents: Documents
    live: LiveTriggers
    find_patient: FindPatient

    def __call__(self, change: ReactToChange, *, now: datetime) -> None:
        """React, or raise `NotYetVisible` while the record is behind what was announced."""
        resource = self._current(change)
        told = [
            told
            for trigger in self.live.watching(change.resource_type)
            if (told := self._judged(trigger, change, resource, now)) is not None
        ]
        for start in range(0, len(told), MOST_TOGETHER):
            self._commit(change, told[start : start + MOST_TOGETHER])
        if told:
            self._look_again(change, resource)

    def _commit(self, change: ReactToChange, told: Sequence[Told]) -> None:
        changes, announcements = [each for each, _ in told], [each for _, each in told]
        try:
            self.documents.commit(
                patient_partition(change.patient_id), changes=changes, announcements=announcements
            )
        except AlreadyExists:  # the same change delivered twice at once: read again, and find it fired
            raise LostRace from None
        for announcement in announcements:
            log.info(
                "triggers.change.judged", extra={"outcome": announcement.type, "firing": announcement.of[0]}
            )

    def _look_again(self, change: ReactToChange, judged_on: Resource | None) -> None:
        """Make sure that what was judged still stood when it was committed.

        Whoever deleted or corrected it in between found no firing yet to take back, and told nobody.
        """
        if self._current(change) != judged_on:
            raise LostRace

    def _current(self, change: ReactToChange) -> Resource | None:
        """Read the resource as it is now; gone, or become another patient's, it is None to this one.

        What was written and is neither there nor gone is not visible yet. One that was hard-deleted since
        looks the same: its patient's later changes wait ten minutes until this one is parked, and its
        deletion, which has news of its own, then takes back what stands on it.
        """
        try:
            resource = self.record.read(change.resource_type, change.resource_id)
        except Gone:
            return None
        except NotFound:
            if change.happened in ("created", "updated"):
                raise NotYetVisible from None
            return None
        if is_behind(resource, change.version, change.at):
            raise NotYetVisible
        return resource if self.find_patient(resource).patient_id == change.patient_id else None

    def _judged(
        self, trigger: CompiledTrigger, change: ReactToChange, resource: Resource | None, now: datetime
    ) -> Told | None:
        if resource is not None and _begins(change, resource) and not trigger.holds(resource):
            return None  # nothing can stand on a first version that does not meet it: spare the look
        name = firing_id(trigger.definition.id, change.resource_type, change.resource_id)
        found = self.documents.look(patient_partition(change.patient_id), name, Firing)
        firing = found.body if found else None
        as_fired = self.live.as_fired(trigger, firing.trigger_version) if firing else None
        stood = self._before(trigger, resource, firing) if resource is not None else None
        after = judged(Rules(trigger, as_fired), change, resource, firing, now, before=stood)
        return None if after is None else _told(change, name, found, after)

    def _before(self, trigger: CompiledTrigger, resource: Resource, firing: Firing | None) -> Before | None:
        """Find what the current state is to be compared with; None where there is no need to, or no sense."""
        definition, reacted_to = trigger.definition, firing.reacted_to if firing else None
        if not definition.changed or definition.state != "ready_to_use" or not trigger.holds(resource):
            return None
        if reacted_to == Version.of(resource) or (reacted_to and reacted_to.is_later_than(resource)):
            return None
        if stood_at(resource, definition.in_force_since):
            return None
        if version_of(resource) == 1:
            return Created(resource)
        try:
            history = self.record.history(resource["resourceType"], resource["id"])
            return before(history, reacted_to, definition.in_force_since)
        except NotFound:  # the server keeps no history, or it was hard-deleted this moment
            return Unknown()


def _begins(change: ReactToChange, resource: Resource) -> bool:
    """Say whether this is the beginning of a life; what stands on a former one is its deletion's to tell."""
    return change.happened == "created" and change.version == 1 and version_of(resource) == 1


def _told(change: ReactToChange, name: str, before: Document[Firing] | None, after: Firing) -> Told:
    write = kept(name, before, after)
    named = f"{change.patient_id}~{name}~{after.occurrence}"
    return write, announcing(_fact(change, write, after), of=write, named=named)


def _fact(change: ReactToChange, write: Create | Replace, firing: Firing) -> TriggerFired | TriggerWithdrawn:
    if firing.withdrawn_at is None:
        return TriggerFired(
            trigger_id=firing.trigger_id,
            patient_id=firing.patient_id,
            resource_type=change.resource_type,
            resource_id=change.resource_id,
            firing_id=write.id,
            version=write.version,
            occurred_at=firing.occurred_at,
            fired_at=firing.fired_at,
        )
    return TriggerWithdrawn(
        trigger_id=firing.trigger_id,
        patient_id=firing.patient_id,
        resource_type=change.resource_type,
        resource_id=change.resource_id,
        firing_id=write.id,
        version=write.version,
        withdrawn_at=firing.withdrawn_at,
    )
