"""Things that happened with a patient, told by whoever knows: the timeline is made of them (UN-13)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, Conflict, NotFound, Stale

Kind = Literal[
    "feedback",
    "loyalty",
    "sales_order",
    "subscription",
    "appointment",
    "conversation",
    "message",
    "survey",
    "other",
]


class NoSuchActivityType(NotFound):
    """There is no such type of activity."""


class ActivityTypeIsThere(AlreadyExists):
    """There is such a type already; who changes it says in If-Match which version was seen."""


class ActivityTypeChangedMeanwhile(Stale):
    """The type has been changed since it was read."""


class ActivityTypeIsNotLive(Conflict):
    """Activities of this type are not taken in."""


class NoSuchActivity(NotFound):
    """There is no such activity of this patient."""


class NoSuchUnplacedActivity(NotFound):
    """Nothing like it waits for its patient."""


@dataclass(frozen=True, slots=True)
class PlaceActivity:
    """Look again for the patient of what was set aside; `tried` fences a look that comes late."""

    unplaced_id: str
    tried: int


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened, as its source tells it. `as_of` is when the source last changed it, or when it happened.

    `detail` and `url` are words of the source about a patient: they are shown, and never logged. `about` is
    what one of our own flows was about, by our own id, which may tell of an illness.
    """

    key: str
    patient_id: PatientId
    at: datetime
    as_of: datetime
    event: str | None = None
    detail: str | None = None
    url: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One place in a patient's timeline.

    `id` is the same for the same type and key. `type_version` is that by which it was read. `about` is shown
    to clinical staff only, whatever the type says.
    """

    id: str
    patient_id: PatientId
    type_id: str
    type_version: int
    source: str
    kind: Kind
    at: datetime
    event: str | None
    detail: str | None
    url: str | None
    taken_in_at: datetime
    about: str | None = None
