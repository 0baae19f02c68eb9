"""Are they to be asked again, who have said nothing yet to what they were to confirm? (CO-8)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.access.ports import SealBroken, SealPurpose, Seals
from shared.consent.compliance_documents import profile_of
from shared.consent.confirmations import Confirmation, confirmation_from
from shared.consent.documents import consents_of
from shared.consent.model import ConfirmationRequested, Consent
from shared.consent.names_contact import NamesContact
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.kernel.documents import Documents
from shared.patients.contact_keys import channel_of


@dataclass(frozen=True, slots=True)
class StillUnanswered:
    """Says so while the link is good, its profile is in use, and no word on any of its matters has come.

    A yes that was confirmed is such a word, and so is a no: to a matter or to its purpose as a whole, said to
    us, read from the record, or said by whoever else uses the contact point. Whom the record names by it no
    more is not asked there again.
    """

    documents: Documents
    recorded_consents: ReadRecordedConsents
    names_contact: NamesContact
    seals: Seals

    def __call__(self, requested: ConfirmationRequested, *, now: datetime) -> bool:
        what = self._asked(requested, now)
        if what is None or what.until <= now:
            return False
        profile = profile_of(self.documents, what.profile_id)
        if profile is None or profile.body.state == "inactive":
            return False
        if not self.names_contact(what.contact, patient_id=what.patient_id, now=now):
            return False
        return not any(_answers(word, what) for word in self._said_since(what, now))

    def _asked(self, requested: ConfirmationRequested, now: datetime) -> Confirmation | None:
        sealed = requested.confirm_url.value.rpartition("/")[2]
        try:
            return confirmation_from(self.seals.unseal(SealPurpose.PREFERENCES, sealed, now=now))
        except SealBroken:
            return None

    def _said_since(self, what: Confirmation, now: datetime) -> Iterator[Consent]:
        found = consents_of(self.documents, what.contact)
        recorded = self.recorded_consents(what.patient_id, channel_of(what.contact), now=now)
        words = (*(found.body.said if found else ()), *recorded)
        return (word for word in words if word.at >= what.asked_at)


def _answers(word: Consent, what: Confirmation) -> bool:
    if not word.is_refusal and word.patient_id != what.patient_id:
        return False
    return any(
        word.is_about(purpose, topic) or (word.is_refusal and word.is_about(purpose, None))
        for purpose, topic in what.matters
    )
