"""From a sealed link to what it says."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import SealedLink
from shared.access.ports import SealPurpose, Seals


@dataclass(frozen=True, slots=True)
class ReadLink:
    """Says what a link says; `now` is business time, since people are told in days how long it is good."""

    seals: Seals

    def __call__(self, text: str, *, purpose: str, now: datetime) -> SealedLink:
        """Give it, or raise `SealBroken`."""
        return SealedLink(self.seals.unseal(SealPurpose(purpose), text, now=now))
