"""Hear that a yes was meant, from whoever reads the contact point that it was said for (CO-8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.consent.compliance_documents import profile_of
from shared.consent.confirmations import Confirmation, ConfirmationView, confirmation_from
from shared.consent.documents import consents_of
from shared.consent.keep_word import Word, keep_word, last_word
from shared.consent.model import Choice, Consent, How, Source
from shared.kernel.documents import Documents
from shared.kernel.refusals import NotFound
from shared.patients.read_profile import ReadProfile


@dataclass(frozen=True, slots=True)
class OpenConfirmation:
    """Gives what is to be confirmed, and changes nothing: mail scanners open every link first."""

    documents: Documents
    profiles: ReadProfile
    language: str

    def __call__(self, *, told: Mapping[str, str], now: datetime) -> ConfirmationView:
        """Give it, or raise `SealBroken`."""
        what = confirmation_from(told)
        return self.view(what, is_confirmed=False, now=now)

    def view(self, what: Confirmation, *, is_confirmed: bool, now: datetime) -> ConfirmationView:
        """Give the page as it now is."""
        found = profile_of(self.documents, what.profile_id)
        content = found.body.content if found else None
        return ConfirmationView(
            "confirmed" if is_confirmed else "expired" if what.until <= now else "open",
            self._language(what),
            content.name if content else None,
            content.company_address if content else None,
            tuple(self._names(what)),
        )

    def _names(self, what: Confirmation) -> list[str]:
        """Call each matter as the profile does now; nothing of a profile is ever taken away."""
        found = profile_of(self.documents, what.profile_id)
        names: list[str] = []
        for purpose, topic in what.matters:
            held = found.body.purpose(purpose) if found else None
            topics = {one.id: one.name for one in (held.topics if held else ())}
            names.append(topics.get(topic or "", held.name if held else purpose))
        return names

    def _language(self, what: Confirmation) -> str:
        try:
            return self.profiles(what.patient_id).language or self.language
        except NotFound:
            return self.language


@dataclass(frozen=True, slots=True)
class ConfirmOptIn:
    """Writes the yes down as the patient's word; confirmed again, or after a newer word, it changes nothing.

    An old link thus never takes back a no that was said since the yes.
    """

    documents: Documents
    open_confirmation: OpenConfirmation

    def __call__(self, *, told: Mapping[str, str], now: datetime) -> ConfirmationView:
        """Keep it and give the page that says so. Raises `SealBroken`."""
        what = confirmation_from(told)
        if what.until <= now:
            return self.open_confirmation.view(what, is_confirmed=False, now=now)
        for purpose, topic in what.matters:
            found = consents_of(self.documents, what.contact)
            said = found.body.said if found else ()
            theirs = (one for one in said if one.patient_id == what.patient_id)
            if any(one.is_about(purpose, topic) and one.at >= what.asked_at for one in theirs):
                continue
            yes = Consent(what.patient_id, purpose, topic, Choice.OPTED_IN, now, Source.PATIENT)
            word = Word(what.contact, last_word(said, yes), f"link|{what.contact}", How.CONFIRMED)
            keep_word(self.documents, found, word, now=now)
        return self.open_confirmation.view(what, is_confirmed=True, now=now)
