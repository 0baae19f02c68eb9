"""The consents about one contact point, all in one document."""

from dataclasses import dataclass, field

from shared.consent.model import Consent, with_consent
from shared.kernel.documents import Create, Document, Documents, Replace, replacing
from shared.patients.contact_keys import contact_partition

CONSENTS = "consents~all"


@dataclass(frozen=True, slots=True)
class Consents:
    """What has been said about one contact point by whoever uses it."""

    said: tuple[Consent, ...] = field(default_factory=tuple)


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
