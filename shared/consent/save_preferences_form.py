"""Keep what somebody has said in the form of the page that a link opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.consent.links import link_from
from shared.consent.preferences import PreferenceSaid, PreferencesSaid, PreferencesView
from shared.consent.save_preferences import SavePreferences
from shared.kernel.refusals import Nonsense


@dataclass(frozen=True, slots=True)
class SavePreferencesForm:
    """The same, for the form of the page; one that comes too late is told so on a page."""

    save_preferences: SavePreferences

    def __call__(
        self, form: Mapping[str, Sequence[str]], *, told: Mapping[str, str], now: datetime
    ) -> PreferencesView:
        """Keep them and give the page, or raise as `SavePreferences` does, but for an expired link."""
        if link_from(told).has_expired(now):
            return self.save_preferences.open_preferences(told=told, now=now)
        said = tuple(
            PreferenceSaid(field, _CHOICES[held[-1]]) for field, held in form.items() if _is_one(held)
        )
        return self.save_preferences(PreferencesSaid(said), told=told, now=now)


_CHOICES: Mapping[str, Literal["opted_in", "opted_out"]] = {"yes": "opted_in", "no": "opted_out"}


def _is_one(held: Sequence[str]) -> bool:
    """Take a field once, as a browser sends it; one that nobody has touched says nothing."""
    if len(held) != 1 or held[0] not in {"", *_CHOICES}:
        raise Nonsense(("preferences", "neither yes nor no"))
    return held[0] != ""
