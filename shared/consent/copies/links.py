"""The link by which whoever is copied says yes to that, and no (PA-9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.access.ports import SealBroken, SealPurpose, Seals
from shared.consent.copies.model import Copy
from shared.consent.links import GOOD_FOR, SAYS_SO_FOR
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class CopyLink:
    """What it says, in our own ids: whose copies, and which."""

    patient_id: PatientId
    copy_id: str

    @property
    def told(self) -> dict[str, str]:
        return {"k": self.copy_id, "p": self.patient_id}


def link_from(told: Mapping[str, str]) -> CopyLink:
    """Read what a link says. Raises `SealBroken` for one that was sealed for something else."""
    try:
        return CopyLink(PatientId(told["p"]), told["k"])
    except KeyError:
        raise SealBroken from None


@dataclass(frozen=True, slots=True)
class CopyLinks:
    """Seals them; `address` is where our pages are served."""

    seals: Seals
    address: str

    def of(self, copy: Copy, patient_id: PatientId, *, now: datetime) -> str:
        """Give where a copy is accepted and stopped; stopping it works for as long as any link of ours."""
        until = now + GOOD_FOR + SAYS_SO_FOR
        told = CopyLink(patient_id, copy.id).told
        return (
            f"{self.address.rstrip('/')}/k/{self.seals.seal(SealPurpose.PREFERENCES, told, expires_at=until)}"
        )
