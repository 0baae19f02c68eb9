"""What stands about one contact point, in one document; and beside it all that was ever said, one each."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.consent.model import Consent, How, with_consent
from shared.kernel.documents import Create, Document, Documents, Index, Replace, replacing
from shared.kernel.identity import PatientId
from shared.patients.contact_keys import contact_partition

CONSENTS = "consents~all"
SAID_BY = Index("said", "patient_id")
"""All that one person has ever said, about whichever contact point."""


@dataclass(frozen=True, slots=True)
class Consents:
    """What has been said about one contact point by whoever uses it."""

    said: tuple[Consent, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Said:
    """One word that was heard, written once and never changed: who said it, when, and how we came to know.

    `who` is whoever told us: the patient, whoever wrote it down for them, or who loaded it.
    """

    patient_id: PatientId
    contact: str
    consent: Consent
    who: str
    how: How
    heard_at: datetime


def remembering(said: Said, version: int) -> Create:
    """Write a word down for good; `version` is the one that the contact point's consents come to by it."""
    instant = said.heard_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
    return Create(f"said~{instant}~{version:06}", said)


def consents_of(documents: Documents, contact: str) -> Document[Consents] | None:
    """Read what has been said about a contact point."""
    return documents.look(contact_partition(contact), CONSENTS, Consents)


def adding(found: Document[Consents] | None, *said: Consent) -> Create | Replace | None:
    """Write down what was said; None when all of it is known or overtaken."""
    former = found.body.said if found else ()
    kept = former
    for one in said:
        kept = with_consent(kept, one)
    if kept == former:
        return None
    return replacing(found, Consents(kept)) if found else Create(CONSENTS, Consents(kept))
