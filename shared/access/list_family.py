"""Show somebody who may act for them, and for whom they may act."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.access.act_on_behalf import ActOnBehalf
from shared.access.documents import ACTS_FOR, ActsFor, login_partition, portal_of
from shared.access.model import Caller
from shared.access.portal_access import FamilyGrant, FamilyScope, FamilyTerms
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId

MOST = 50


@dataclass(frozen=True, slots=True)
class ActingFor:
    """Somebody for whom whoever asks may act now; `patient_id` goes into the header `On-Behalf-Of`."""

    patient_id: PatientId
    scopes: tuple[FamilyScope, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LetIn:
    """Somebody who may act for whoever asks, while the terms hold. Staff are not named (decision 37)."""

    grant_id: str
    terms: FamilyTerms
    given_by: Literal["patient", "staff"]
    given_at: datetime


@dataclass(frozen=True, slots=True)
class FamilyShown:
    """Both sides of it. Those whose terms do not hold now are left out of `acting_for`."""

    let_in: tuple[LetIn, ...]
    acting_for: tuple[ActingFor, ...]


@dataclass(frozen=True, slots=True)
class ListFamily:
    """Show it as it stands, to a patient or to somebody who is none and only acts for others (PA-9)."""

    documents: Documents
    act_on_behalf: ActOnBehalf

    def __call__(self, *, caller: Caller, now: datetime) -> FamilyShown:
        found = portal_of(self.documents, caller.patient_id) if caller.patient_id else None
        let_in = found.body.family if found else ()
        place = login_partition(caller.issuer, caller.subject)
        pointers = self.documents.list(place, ACTS_FOR, ActsFor, limit=MOST)
        acting = (self._acting(caller, one.body.patient_id, now) for one in pointers.items)
        return FamilyShown(tuple(map(_let_in, let_in)), tuple(one for one in acting if one is not None))

    def _acting(self, caller: Caller, patient_id: PatientId, now: datetime) -> ActingFor | None:
        grant = self.act_on_behalf.standing(caller, patient_id, now)
        return ActingFor(patient_id, grant.terms.scopes, grant.terms.until) if grant else None


def _let_in(grant: FamilyGrant) -> LetIn:
    return LetIn(grant.id, grant.terms, "patient" if grant.by_patient else "staff", grant.given_at)
