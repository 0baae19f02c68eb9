"""What a hospital can switch off at once, and what is told to whoever wants it meanwhile (OP-3)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.refusals import AlreadyExists, Conflict, Stale


class Feature(StrEnum):
    """What can be switched off (docs/features.md).

    Off, it begins nothing new; what has begun is brought to its end.
    """

    CHAT = "chat"
    BOOKING = "booking"
    SURVEYS = "surveys"
    JOURNEYS = "journeys"
    SEGMENTS = "segments"
    OUTREACH = "outreach"


class FeatureIsOff(Conflict):
    """We do not offer that at the moment: please try again later, or ring us.

    A conflict with a passing state, not a fault: no program asks again by itself, no alarm for failures goes
    off over what somebody has decided, and the same Idempotency-Key works once it is on again.
    """


class FeaturesAreThere(AlreadyExists):
    """The switches have been set already; who sets them says in If-Match which version was seen."""


class FeaturesChangedMeanwhile(Stale):
    """The switches have been set since they were read."""


@dataclass(frozen=True, slots=True)
class Features:
    """Which features are on, and who has set them so, when and why; all are on until somebody has.

    One that an older version has not written is on.
    """

    chat: bool = True
    booking: bool = True
    surveys: bool = True
    journeys: bool = True
    segments: bool = True
    outreach: bool = True
    why: str | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None

    def has(self, feature: Feature) -> bool:
        """Say whether it is on."""
        return bool(getattr(self, feature))


@dataclass(frozen=True, slots=True)
class FeaturesWanted:
    """Which features shall be on, and why; each is named, lest one be switched on by not being named."""

    chat: bool
    booking: bool
    surveys: bool
    journeys: bool
    segments: bool
    outreach: bool
    why: str
