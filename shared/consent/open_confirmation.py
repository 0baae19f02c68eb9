"""Show what is to be confirmed to whoever has the link (CO-8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.consent.compliance_documents import profile_of
from shared.consent.confirmations import Confirmation, ConfirmationView, confirmation_from
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
        return self.view(what, "closed" if what.until <= now else "open")

    def view(self, what: Confirmation, stands: Literal["open", "confirmed", "closed"]) -> ConfirmationView:
        """Give the page of these matters."""
        found = profile_of(self.documents, what.profile_id)
        content = found.body.content if found else None
        return ConfirmationView(
            stands,
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
