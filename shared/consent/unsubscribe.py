"""Hear a no that a mail program says for its user by one click (CO-7; RFC 8058)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.consent.compliance_documents import profile_of
from shared.consent.links import PreferenceLink, link_from
from shared.consent.model import Choice, How
from shared.consent.open_preferences import OpenPreferences
from shared.consent.preferences import PreferencesView
from shared.consent.save_preferences import say
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense


class NotOneClick(Nonsense):
    """It does not say what RFC 8058 wants said."""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Opts the contact point out of the message's topic where it has one, or else of its purpose.

    A compliance profile may want the whole purpose taken back. A link that has expired says no all the same:
    it takes nothing from anybody but mail that is not wanted. Said twice, it is once.
    """

    documents: Documents
    open_preferences: OpenPreferences

    def __call__(self, body: bytes, *, told: Mapping[str, str], now: datetime) -> PreferencesView:
        """Keep it and give the page that says so. Raises `SealBroken`, or `NotOneClick`."""
        if b"List-Unsubscribe" not in body or b"One-Click" not in body:
            raise NotOneClick(("body", "not List-Unsubscribe=One-Click"))
        link = link_from(told)
        about = (link.contact, link.purpose, self._topic(link))
        say(self.documents, link, about, (Choice.OPTED_OUT, How.ONE_CLICK), now=now)
        return self.open_preferences.view("unsubscribed", link, now)

    def _topic(self, link: PreferenceLink) -> str | None:
        found = profile_of(self.documents, link.profile_id) if link.profile_id else None
        takes_all = found is not None and found.body.content.unsubscribe == "purpose"
        return None if takes_all else link.topic
