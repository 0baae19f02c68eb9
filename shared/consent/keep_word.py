"""Write down one word about a contact point: what stands, that it was said, and the audit, in one commit."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.audit.model import RecordAudit
from shared.consent.documents import Consents, Said, adding, remembering
from shared.consent.model import Consent, ConsentKept, How, newest
from shared.kernel.documents import Document, Documents, announcing
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.patients.contact_keys import contact_partition

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Word:
    """What was said about a contact point, who told us, and by which way."""

    contact: str
    consent: Consent
    who: str
    how: How


_ACTS = {
    How.DESK: "record_consent",
    How.PORTAL: "record_consent",
    How.PREFERENCE_CENTRE: "save_preferences",
    How.ONE_CLICK: "unsubscribe",
    How.CONFIRMED: "confirm_consent",
    How.BULK_IMPORT: "import_consents",
}
"""What the audit calls it."""


def keep_word(documents: Documents, found: Document[Consents] | None, word: Word, *, now: datetime) -> bool:
    """Write it down beside what was read; say whether it was news. Known or overtaken, it changes nothing.

    Raises `LostRace` where somebody else has spoken about the contact point since it was read.
    """
    written = adding(found, word.consent)
    if written is None:
        return False
    contact, consent = word.contact, word.consent
    said = Said(consent.patient_id, contact, consent, word.who, word.how, now)
    act = _ACTS[word.how]
    name = f"{act}~{contact}~{written.version}"
    kept = ConsentKept(consent.patient_id, contact, consent.purpose, consent.topic)
    audit = RecordAudit(name, now, word.who, act, contact, consent.patient_id, consent.reason)
    try:
        documents.commit(
            contact_partition(contact),
            changes=[written, remembering(said, written.version)],
            announcements=[
                announcing(audit, of=written, named=name),
                announcing(kept, of=written, named=f"{contact}~{written.version}"),
            ],
        )
    except AlreadyExists:  # somebody else was the first to speak: read what they said, and add this
        raise LostRace from None
    log.info("consent.consent.recorded", extra={"contact": contact, "choice": consent.choice})
    return True


def last_word(known: Iterable[Consent], said: Consent) -> Consent:
    """Date it after every word on the matter, for what is said now is the last word whatever the dates say.

    Dates run ahead where a clock was wrong, or was set back. What is the last word already is left as it is.
    """
    last = newest(one for one in known if one.is_about(said.purpose, said.topic))
    if last is None or last.at < said.at:
        return said
    return last if replace(last, at=said.at) == said else replace(said, at=last.at + _A_MOMENT)


_A_MOMENT = timedelta(microseconds=1)
