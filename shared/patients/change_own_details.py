"""Let patients change their own details in the record, or ask staff to (PA-7)."""

import logging
from contextlib import suppress
from dataclasses import dataclass, is_dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, cast

from shared.access.count_sendings import CountSendings
from shared.access.in_fhir import can_be_invited
from shared.access.model import Caller
from shared.audit.announced import audited
from shared.audit.model import Action, Outcome
from shared.fhir.ports import ClinicalRecord, Resource, VersionMismatch, Write
from shared.fhir.versions import version_of
from shared.kernel.announcements import Announcement
from shared.kernel.documents import (
    Create,
    Delete,
    Document,
    Documents,
    Replace,
    announcing,
    deleting,
    replacing,
)
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense, Refusal, Stale
from shared.kernel.sensitive import Sensitive
from shared.patients.details_checked import spelt
from shared.patients.details_to_fhir import changed
from shared.patients.details_wanted import ONLY_BY_STAFF, Field, OwnDetailsWanted
from shared.patients.documents import patient_partition
from shared.patients.pending_details import PENDING, PendingDetails, pending_of
from shared.patients.ports import WriteBack
from shared.patients.settle_details import SettleDetails
from shared.tasks.model import CreateTask
from shared.tasks.wording import LONGEST

log = logging.getLogger(__name__)


class DetailsChangedMeanwhile(Stale):
    """Your details have been changed since you read them: read them again."""


class NothingToChange(Refusal):
    """It does not say what shall change."""


class RecordNotInUse(Refusal):
    """Nothing is changed in this record: it is not in use, or another stands in its place."""


@dataclass(frozen=True, slots=True)
class OwnDetailsChanged:
    """What was changed, what staff have been asked to change, by which task, and the version there is now."""

    changed: tuple[Field, ...]
    requested: tuple[Field, ...]
    task_id: str | None
    version: int


@dataclass(frozen=True, slots=True)
class ChangeOwnDetails:
    """Writes what the house lets patients change, if the record is still as they saw it; asks for the rest.

    What is on its way is kept first, with its audit and its task, then written under the record's own guard.
    A new contact point starts with no word of anybody's about it, and the former ones are told.
    """

    documents: Documents
    record: ClinicalRecord
    write_back: WriteBack
    settle: SettleDetails
    count: CountSendings
    may_change: frozenset[str]
    region: str

    def __call__(  # what, whose, by whom, as seen when
        self,
        wanted: OwnDetailsWanted,
        *,
        patient_id: PatientId,
        request_id: str,
        caller: Caller,
        if_match: str | None,
        now: datetime,
    ) -> OwnDetailsChanged:
        """Change it. Raises `Nonsense`, why not, `TooManyTries`, or `DetailsChangedMeanwhile` (412)."""
        wish = spelt(wanted, region=self.region)
        if not wish.fields:
            raise NothingToChange
        if if_match is None:
            raise Nonsense(("If-Match", "must say which version you have seen"))
        self.settle(patient_id, now=now)
        patient = self.record.read("Patient", patient_id)
        if not can_be_invited(patient):
            raise RecordNotInUse
        if str(version_of(patient)) != if_match:
            raise DetailsChangedMeanwhile
        direct = self._direct(wish, patient)
        asked: tuple[Field, ...] = tuple(one for one in wish.fields if one not in direct)
        if "contact_points" in direct:
            self.count(caller, now=now)
        after = changed(patient, _only(wish, direct), region=self.region, now=now)
        pending = PendingDetails(
            request_id, patient_id, version_of(patient), now, tuple(self.settle.points(patient, now))
        )
        task_id = derived("details", patient_id, request_id) if asked else None
        before, found = self._keep(pending, wish, (direct, asked), task_id, caller, now)
        stored = self._written(found, before, (patient, after), caller, now)
        return OwnDetailsChanged(direct, asked, task_id, version_of(stored))

    def _direct(self, wish: OwnDetailsWanted, patient: Resource) -> tuple[Field, ...]:
        """Say what is written now; of a record that cannot be guarded, nothing."""
        if not self.write_back.allows("Patient") or not version_of(patient):
            return ()
        return tuple(one for one in wish.fields if one in self.may_change and one not in ONLY_BY_STAFF)

    def _keep(  # what is on its way, what was wanted and asked, by whom, when
        self,
        pending: PendingDetails,
        wish: OwnDetailsWanted,
        fields: tuple[tuple[Field, ...], tuple[Field, ...]],
        task_id: str | None,
        caller: Caller,
        now: datetime,
    ) -> tuple[Document[PendingDetails] | None, Document[PendingDetails]]:
        """Keep it; give what it was kept over as well."""
        before = pending_of(self.documents, pending.patient_id)
        write = replacing(before, pending) if before else Create(PENDING, pending)
        told: list[Announcement] = [_audit(write, pending, caller, now, fields=fields)]
        if task_id is not None:
            told.append(announcing(_task(task_id, pending, wish, fields[1]), of=write, named=task_id))
        try:
            place = patient_partition(pending.patient_id)
            etags = self.documents.commit(place, changes=[write], announcements=told)
        except AlreadyExists:
            raise LostRace from None
        return before, Document(place, PENDING, write.version, etags[PENDING], pending)

    def _written(  # what is on its way, over what it was kept, from what to what, by whom, when
        self,
        found: Document[PendingDetails],
        before: Document[PendingDetails] | None,
        change: tuple[Resource, Resource],
        caller: Caller,
        now: datetime,
    ) -> Resource:
        patient, after = change
        if after == patient:
            self.documents.commit(found.partition, changes=[_forgetting(found, before)])
            return patient
        write = Write("PUT", "Patient", str(patient["id"]), after, if_match=found.body.base_version)
        try:
            (stored,) = self.record.transaction([write])
        except VersionMismatch:
            self._abandon(found, caller, now)
            raise DetailsChangedMeanwhile from None
        log.info("patients.details.changed")
        with suppress(LostRace):  # the record's own change was quicker to settle it
            self.settle.settle(found, stored or after, now=now)
        return stored or after

    def _abandon(self, found: Document[PendingDetails], caller: Caller, now: datetime) -> None:
        """Let it be known that the record was quicker, perhaps by another change of theirs at this moment.

        That one must be told of like any other: two at once could else hide each other.
        """
        pending = found.body
        write = replacing(found, pending)
        refused = audited(
            write,
            what="change_own_details",
            subject=f"Patient/{pending.patient_id}",
            who=caller.who,
            now=now,
            patient_id=pending.patient_id,
            entry_id=f"change_own_details~{pending.patient_id}~{pending.request_id}~refused",
            action=Action.UPDATE,
            outcome=Outcome.REFUSED,
        )
        self.documents.commit(found.partition, changes=[write], announcements=[refused])
        self.settle(pending.patient_id, now=now)


def _forgetting(found: Document[PendingDetails], before: Document[PendingDetails] | None) -> Delete | Replace:
    """Forget what wrote nothing; what it was kept over may be on its way still, and stands again."""
    return replacing(found, before.body) if before else deleting(found)


def _audit(
    write: Create | Replace,
    pending: PendingDetails,
    caller: Caller,
    now: datetime,
    *,
    fields: tuple[tuple[Field, ...], tuple[Field, ...]],
) -> Announcement:
    direct, asked = fields
    words = [f"changes {', '.join(direct)}"] if direct else []
    words += [f"asks for {', '.join(asked)}"] if asked else []
    return audited(
        write,
        what="change_own_details",
        subject=f"Patient/{pending.patient_id}",
        who=caller.who,
        now=now,
        patient_id=pending.patient_id,
        why="; ".join(words),
        entry_id=f"change_own_details~{pending.patient_id}~{pending.request_id}",
        action=Action.UPDATE,
    )


def _only(wish: OwnDetailsWanted, fields: tuple[Field, ...]) -> OwnDetailsWanted:
    return OwnDetailsWanted(**{name: getattr(wish, name) for name in fields})


def _task(
    task_id: str, pending: PendingDetails, wish: OwnDetailsWanted, asked: tuple[Field, ...]
) -> CreateTask:
    lines = (f"{name.replace('_', ' ')}: {_said(getattr(wish, name))}" for name in asked)
    return CreateTask(
        task_id=task_id,
        patient_id=pending.patient_id,
        code="follow-up",
        description=Sensitive(f"The patient asks to change in the record: {'; '.join(lines)}"[:LONGEST]),
        because=f"details:{pending.request_id}",
        focus=f"Patient/{pending.patient_id}",
    )


def _said(value: Any) -> str:
    """Spell what was wanted for a person to read."""
    match value:
        case Sensitive():
            return _said(cast("Sensitive[Any]", value).value)
        case tuple():
            return " | ".join(map(_said, cast("tuple[Any, ...]", value)))
        case _ if is_dataclass(value):
            return ", ".join(_said(getattr(value, one.name)) for one in fields_of(value))
        case _:
            return "" if value is None else str(value)
