"""Decide on what ground somebody reads a record, and remember it where there is only a reason (D13)."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, Reading, reading_of
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, Nonsense
from shared.kernel.sensitive import Sensitive
from shared.patients.broken_glass import BrokenGlass, breaking, broken_glass_partition
from shared.patients.care_relationship import CareRelationship
from shared.patients.find_care_relationship import FindCareRelationship
from shared.patients.person import Person

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Opened:
    """On what ground a record is open; `why` is what the audit keeps of it."""

    ground: Reading
    relationship: CareRelationship | None = None
    reason: Sensitive[str] | None = None

    @property
    def why(self) -> str:
        if self.reason is not None:
            return f"break glass: {self.reason.value}"
        return f"care relationship: {self.relationship}" if self.relationship else str(self.ground)


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """Opens a record to whoever has to do with the patient, and to others for a reason that is kept.

    The reason is kept before anything is read: what cannot be remembered is not shown.
    """

    documents: Documents
    find_care_relationship: FindCareRelationship

    def __call__(
        self, person: Person, *, caller: Caller, reason: str | None, read: str, now: datetime
    ) -> Opened:
        """Open it, or raise `CareRelationshipMissing`; `read` names what is read."""
        checked_reason(reason)
        is_patient = caller.patient_id is not None
        tie = None if is_patient else self.find_care_relationship(person, caller=caller, now=now)
        return self.on(tie, person.patient_id, caller=caller, reason=reason, read=read, now=now)

    def on(  # what ties whom to whom, and what is kept where nothing does
        self,
        tie: CareRelationship | None,
        patient_id: PatientId,
        *,
        caller: Caller,
        reason: str | None,
        read: str,
        now: datetime,
    ) -> Opened:
        """Open it on a tie that was looked for, or raise `CareRelationshipMissing`."""
        given = checked_reason(reason)
        ground = reading_of(caller, patient_id, has_care_relationship=tie is not None, reason=given)
        if ground is not Reading.BREAK_GLASS or given is None:
            return Opened(ground, tie)
        broken = BrokenGlass(patient_id, caller.who, now, Sensitive(given), read)
        with suppress(AlreadyExists):  # the same at the same moment: it is kept
            self.documents.commit(broken_glass_partition(now), changes=[breaking(broken)])
        return Opened(ground, reason=Sensitive(given))


def checked_reason(reason: str | None) -> str | None:
    """Read a reason: one line, not too long; blank is none."""
    if reason is None or not reason.strip():
        return None
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise Nonsense(("X-Reason", f"not one line of up to {LONGEST_REASON} characters"))
    return reason.strip()
