"""Free times for the bot to offer, from room appointments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.appointments.search_slots import SearchSlots, SlotsQuery
from shared.conversations.bot.model import OfferedSlot, SlotsWanted
from shared.kernel.refusals import Nonsense
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures

SearchFreeTimes = Callable[[SlotsWanted, datetime], Sequence[OfferedSlot]]
"""Gives free times as seen now; what it gives may be taken a moment later."""


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """Looks up what the bot wants to offer; what a patient said that names no specialty finds nothing.

    Nor is there any while booking is switched off: what would be refused is not offered (OP-3).
    """

    search: SearchSlots
    features: LiveFeatures

    def __call__(self, wanted: SlotsWanted, now: datetime) -> Sequence[OfferedSlot]:
        if not self.features.has(Feature.BOOKING):
            return ()
        query = SlotsQuery(
            specialty=wanted.specialty,
            mode=_mode(wanted.mode),
            starts_from=now.isoformat(),
            starts_before=(now + timedelta(days=wanted.days)).isoformat(),
            limit=wanted.most,
        )
        try:
            found = self.search(query, now=now)
        except Nonsense:
            return ()
        return [OfferedSlot(slot.id, slot.starts_at, slot.label) for slot in found.slots]


def _mode(wanted: str | None) -> Literal["in_person", "virtual"] | None:
    match wanted:
        case "in_person" | "virtual":
            return wanted
        case _:
            return None
