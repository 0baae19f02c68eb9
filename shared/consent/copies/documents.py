"""A patient's copies, as a document of their partition."""

from shared.access.close_way_in import LONGEST_REASON
from shared.consent.copies.model import Copies
from shared.kernel.documents import Create, Document, Documents, Replace, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense
from shared.patients.documents import patient_partition

COPIES = "copies~all"


def copies_of(documents: Documents, patient_id: PatientId) -> Document[Copies] | None:
    """Give who is copied, or was."""
    return documents.look(patient_partition(patient_id), COPIES, Copies)


def keeping(found: Document[Copies] | None, copies: Copies) -> Create | Replace:
    """Write them over what was read."""
    return replacing(found, copies) if found else Create(COPIES, copies)


def checked_reason(why: str | None) -> str:
    """Give why, or raise `Nonsense`: who is copied by staff, and no more, is so for a reason."""
    spelt = (why or "").strip()
    if not 0 < len(spelt) <= LONGEST_REASON:
        raise Nonsense(("why", f"must be 1 to {LONGEST_REASON} characters"))
    return spelt
