"""Show who is in a segment."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.segments.documents import members_page, segment_at


@dataclass(frozen=True, slots=True)
class WhichMembers:
    """How many at once; `after` is a former answer's `next`."""

    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in it: since when, for the how many-eth time, and as of when that was decided."""

    patient_id: PatientId
    since: datetime | None
    occurrence: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class MembersFound:
    """One page of members."""

    members: tuple[Member, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListMembers:
    """Gives the members of a segment, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichMembers, *, segment_id: str) -> MembersFound:
        """Give them, or raise `NoSuchSegment`."""
        segment_at(self.documents, segment_id)
        limit = max(1, min(which.limit, 1000))
        page = members_page(self.documents, segment_id, limit=limit, after=which.after)
        members = (found.body for found in page.items)
        return MembersFound(
            tuple(Member(one.patient_id, one.since, one.occurrence, one.as_of) for one in members), page.next
        )
