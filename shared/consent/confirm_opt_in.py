"""Hear that a yes was meant, from whoever reads the contact point that it was said for (CO-8)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.consent.confirmations import ConfirmationView, confirmation_from
from shared.consent.documents import consents_of
from shared.consent.keep_word import Word, keep_word, last_word
from shared.consent.model import Choice, Consent, How, Purpose, Source
from shared.consent.open_confirmation import OpenConfirmation
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.kernel.documents import Documents
from shared.patients.contact_keys import channel_of


@dataclass(frozen=True, slots=True)
class ConfirmOptIn:
    """Writes the yes down as the patient's word; confirmed again, or after a newer word, it changes nothing.

    An old link thus never takes back a no that was said since the yes: by them, in the record, or by whoever
    else uses the contact point, for a no binds the address. What it keeps out is not called confirmed.
    """

    documents: Documents
    recorded_consents: ReadRecordedConsents
    open_confirmation: OpenConfirmation

    def __call__(self, *, told: Mapping[str, str], now: datetime) -> ConfirmationView:
        """Keep it and give the page that says so. Raises `SealBroken`."""
        what = confirmation_from(told)
        if what.until <= now:
            return self.open_confirmation.view(what, "closed")
        stand: list[tuple[Purpose, str | None]] = []
        recorded = self.recorded_consents(what.patient_id, channel_of(what.contact), now=now)
        for purpose, topic in what.matters:
            found = consents_of(self.documents, what.contact)
            said = found.body.said if found else ()
            since = (one for one in (*said, *recorded) if one.at >= what.asked_at)
            theirs = [one for one in since if one.is_refusal or one.patient_id == what.patient_id]
            newer = [one for one in theirs if one.is_about(purpose, topic)]
            if not any(one.is_refusal for one in newer):
                stand.append((purpose, topic))
            if newer:
                continue
            yes = Consent(what.patient_id, purpose, topic, Choice.OPTED_IN, now, Source.PATIENT)
            word = Word(what.contact, last_word(said, yes), f"link|{what.contact}", How.CONFIRMED)
            keep_word(self.documents, found, word, now=now)
        kept = replace(what, matters=tuple(stand))
        return self.open_confirmation.view(kept, "confirmed" if stand else "closed")
