"""Show who is copied on what a patient is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.consent.copies.documents import copies_of
from shared.consent.copies.give_copies import CopiedMatter
from shared.consent.copies.model import Copy, CopyState
from shared.consent.copies.standing_copies import StandingCopies
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.model import Channel


@dataclass(frozen=True, slots=True)
class CopyShown:
    """One person's copies. `in_force` says whether they would be copied now. Staff are not named."""

    copy_id: str
    related_person_id: str
    channel: Channel
    contact: str
    matters: tuple[CopiedMatter, ...]
    clinical: bool
    as_guardian: bool
    state: CopyState
    in_force: bool
    given_by: Literal["patient", "staff"]
    given_at: datetime
    until: datetime | None
    accepted_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CopiesShown:
    """All of them, newest first: few enough for one page."""

    copies: tuple[CopyShown, ...]


@dataclass(frozen=True, slots=True)
class ListCopies:
    """Show them as they stand now, to the patient and to staff (PA-9)."""

    documents: Documents
    standing: StandingCopies

    def __call__(self, *, patient_id: PatientId, now: datetime) -> CopiesShown:
        found = copies_of(self.documents, patient_id)
        copies = found.body.copies if found else ()
        return CopiesShown(tuple(self._shown(one, patient_id, now) for one in reversed(copies)))

    def _shown(self, one: Copy, patient_id: PatientId, now: datetime) -> CopyShown:
        return CopyShown(
            copy_id=one.id,
            related_person_id=one.terms.related_person_id,
            channel=one.channel,
            contact=one.contact,
            matters=tuple(CopiedMatter(purpose, topic) for purpose, topic in one.matters),
            clinical=one.is_clinical,
            as_guardian=one.terms.as_guardian,
            state=one.state(now),
            in_force=self.standing(one.id, patient_id=patient_id, now=now) is not None,
            given_by="patient" if one.by_patient else "staff",
            given_at=one.given_at,
            until=one.terms.until,
            accepted_at=one.accepted_at,
            ended_at=one.ended_at,
        )
