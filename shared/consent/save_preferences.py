"""Keep what somebody has said on the page that a link opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.consent.documents import consents_of
from shared.consent.keep_word import Word, keep_word, last_word
from shared.consent.links import PreferenceLink, link_from
from shared.consent.model import Choice, Consent, How, Purpose, Source
from shared.consent.open_preferences import OpenPreferences
from shared.consent.preferences import PointShown, PreferencesSaid, PreferencesView
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense, NotAllowed

MOST = 200


class LinkHasExpired(NotAllowed):
    """The link has expired; a newer message has a newer one, or ring us."""


class NotYoursToAllow(NotAllowed):
    """A yes can only be said by the link that was sent to that very address or number."""


@dataclass(frozen=True, slots=True)
class SavePreferences:
    """Writes each choice that is another than what stands as the patient's own word; said twice, it is once.

    A message that waits meets the new word when it is decided, and again when it is handed over (CO-5).
    """

    documents: Documents
    open_preferences: OpenPreferences

    def __call__(self, said: PreferencesSaid, *, told: Mapping[str, str], now: datetime) -> PreferencesView:
        """Keep them and give the page as it then is.

        Raises `SealBroken`, `LinkHasExpired`, `NotYoursToAllow`, or `Nonsense` for what is not on the page.
        """
        link = link_from(told)
        if link.has_expired(now):
            raise LinkHasExpired
        wanted = {one.field: Choice(one.choice) for one in said.preferences}
        if len(said.preferences) > MOST or len(wanted) < len(said.preferences):
            raise Nonsense(("preferences", f"must be up to {MOST} different ones"))
        points = self.open_preferences.view("open", link, now).contact_points
        shown = {each.field for point in points for each in point.preferences}
        if not shown.issuperset(wanted):
            raise Nonsense(("preferences", "not what the page shows"))
        for point in points:
            self._keep(point, wanted, link, now)
        return self.open_preferences.view("saved", link, now)

    def _keep(
        self, point: PointShown, wanted: Mapping[str, Choice], link: PreferenceLink, now: datetime
    ) -> None:
        for each in point.preferences:
            choice = wanted.get(each.field, each.choice)
            if choice is each.choice:
                continue
            if choice is Choice.OPTED_IN and not point.may_opt_in:
                raise NotYoursToAllow
            about = (point.contact, each.purpose, each.topic)
            say(self.documents, link, about, (choice, How.PREFERENCE_CENTRE), now=now)


def say(
    documents: Documents,
    link: PreferenceLink,
    about: tuple[str, Purpose, str | None],
    heard: tuple[Choice, How],
    *,
    now: datetime,
) -> bool:
    """Write down what the holder of a link says about a contact point; say whether it was news."""
    contact, purpose, topic = about
    choice, how = heard
    found = consents_of(documents, contact)
    said = last_word(
        found.body.said if found else (),
        Consent(link.patient_id, purpose, topic, choice, now, Source.PATIENT),
    )
    return keep_word(documents, found, Word(contact, said, f"link|{link.contact}", how), now=now)
