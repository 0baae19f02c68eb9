"""What only we can have written: tokens and links that carry their own proof (D13)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.kernel.refusals import NotAllowed


class SealPurpose(StrEnum):
    """What a sealed text opens; one made for the one opens nothing of the other."""

    CONVERSATION = "conversation"
    SURVEY = "survey"
    PREFERENCES = "preferences"


class SealBroken(NotAllowed):
    """The link or token is not valid, or not any more."""  # which of the two, or why, is nobody's business


class Seals(Protocol):
    """Writes and believes such texts. Keys have a `kid` and a purpose; an older one still opens."""

    def seal(self, purpose: SealPurpose, told: Mapping[str, str], *, expires_at: datetime) -> str:
        """Give a text, safe in URLs and headers, that says `told` until `expires_at`, readable by all."""
        ...

    def unseal(self, purpose: SealPurpose, text: str, *, now: datetime) -> Mapping[str, str]:
        """Give what was told. Raises `SealBroken`."""
        ...
