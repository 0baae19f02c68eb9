"""Let the patient who asks have somebody of the family copied."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.consent.copies.give_copies import CopiedMatter, CopiesAsked, CopiesGiven, GiveCopies
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class OwnCopiesAsked:
    """Whom a patient wants copied, where, and on what; `clinical` includes what tells of their health."""

    related_person_id: str
    contact: str
    matters: tuple[CopiedMatter, ...]
    clinical: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class GiveOwnCopies:
    """Have them asked, on the patient's own word (PA-9)."""

    give: GiveCopies

    def __call__(
        self, asked: OwnCopiesAsked, *, patient_id: PatientId, request_id: str, caller: Caller, now: datetime
    ) -> CopiesGiven:
        wanted = CopiesAsked(
            asked.related_person_id, asked.contact, asked.matters, asked.clinical, asked.until
        )
        return self.give(wanted, patient_id=patient_id, request_id=request_id, caller=caller, now=now)
