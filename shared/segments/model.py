"""Groups of people by what is known of them, and who is in them (D8, SG-1, SG-2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, Conflict, NotFound, Stale


class NoSuchSegment(NotFound):
    """There is no such segment."""


class MeasureNotWorkedOut(Conflict):
    """A measure that the segment asks about has not been worked out yet."""


class SegmentIsThere(AlreadyExists):
    """There is such a segment already; who changes it says in If-Match which version was seen."""


class SegmentChangedMeanwhile(Stale):
    """The segment has been changed since it was read."""


@dataclass(frozen=True, slots=True)
class RefreshSegment:
    """Instruction to our own room: compare a segment's population with its members (SG-10).

    `because` it was changed, or because it was due; the latter does nothing where another came first.
    """

    segment_id: str
    version: int
    because: Literal["changed", "due"] = "changed"


@dataclass(frozen=True, slots=True)
class ReconsiderPatient:
    """Instruction to our own room: decide anew in which segments this patient is.

    `segment_id` names one, None means all live ones. `resource` (`Condition/…`) and `version` are what has
    changed in the record, where that is why: a record that is behind it is a fault, to be waited out.
    """

    patient_id: PatientId
    because: str
    segment_id: str | None = None
    resource: str | None = None
    version: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MembershipChanged:
    """Fact: this patient has come into the segment, or has left it.

    `occurrence` counts how often they have come in, from 1; `membership_id` and `version` are the membership
    document's.
    """

    segment_id: str
    patient_id: PatientId
    membership_id: str
    version: int
    happened: Literal["joined", "left"]
    occurrence: int
    at: datetime
