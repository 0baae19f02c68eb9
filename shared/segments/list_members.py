"""Show who is in a segment."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.segments.clinical import require_may_know
from shared.segments.documents import members_page, refresh_of, segment_at


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
    """One page of members; before the first refresh (`refreshed_at` None) nobody knows yet who is in it."""

    members: tuple[Member, ...]
    next: str | None
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListMembers:
    """Gives the members of a segment, a page at a time, to whoever may know what it asks about."""

    documents: Documents

    def __call__(self, which: WhichMembers, *, segment_id: str, caller: Caller) -> MembersFound:
        """Give them, or raise `NoSuchSegment` or `OnlyForClinicalStaff`."""
        segment = segment_at(self.documents, segment_id).body
        require_may_know(self.documents, segment.rule, caller)
        refresh = refresh_of(self.documents, segment_id)
        limit = max(1, min(which.limit, 1000))
        page = members_page(self.documents, segment_id, limit=limit, after=which.after)
        members = (found.body for found in page.items)
        return MembersFound(
            tuple(Member(one.patient_id, one.since, one.occurrence, one.as_of) for one in members),
            page.next,
            refresh.body.refreshed_at if refresh else None,
        )
