"""Where segments and memberships are kept, and how they are found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Document, Documents, Index, Page
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.documents import patient_partition
from shared.segments.memberships import Membership
from shared.segments.model import NoSuchSegment
from shared.segments.nesting import all_below
from shared.segments.rules import Rule, Segment, SegmentState

STATE = Index("segment", "state")
"""Which segments are live; versions of old are of another kind and not among them."""
REFRESH_DUE = Index("refresh", "next_at")
"""Which are to be refreshed, in order of when; who is not has no place in it."""
MEMBERS = Index("membership", "member_of")
"""Who is in a segment now."""
VALID_UNTIL = Index("membership", "valid_until")
"""Whose membership time alone may change, in order of when."""
INDEXES = (STATE, REFRESH_DUE, MEMBERS, VALID_UNTIL)

CURRENT = "segment~current"
REFRESH = "refresh~latest"
KINDS = ("segment", "version")
"""Of documents that hold a definition."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """How a segment's last refresh ended, and when the next is due.

    `population` is how many the lake found, complete up to `complete_up_to`; `queued` how many patients
    were to be reconsidered because they were in only one of population and members. All are None before the
    first.
    """

    segment_id: str
    version: int
    next_at: datetime | None
    refreshed_at: datetime | None = None
    complete_up_to: datetime | None = None
    population: int | None = None
    members: int | None = None
    queued: int | None = None


def segment_partition(segment_id: str) -> str:
    return f"segment/{segment_id}"


def version_id(version: int) -> str:
    return f"version~{version}"


def membership_id(segment_id: str) -> str:
    return f"membership~{segment_id}"


def segment_at(documents: Documents, segment_id: str) -> Document[Segment]:
    """Read a segment as it now is. Raises `NoSuchSegment`."""
    try:
        return documents.read(segment_partition(segment_id), CURRENT, Segment)
    except NotFound:
        raise NoSuchSegment from None


def refresh_of(documents: Documents, segment_id: str) -> Document[Refresh] | None:
    return documents.look(segment_partition(segment_id), REFRESH, Refresh)


def nested_in(documents: Documents, rule: Rule) -> dict[str, Segment]:
    """Give the segments that a rule builds on, however deep, as they are now; whatever their states."""
    return all_below(rule, looking_in(documents))


def looking_in(documents: Documents) -> Callable[[str], Segment | None]:
    """Give what finds a segment as it now is, or None."""

    def look(segment_id: str) -> Segment | None:
        found = documents.look(segment_partition(segment_id), CURRENT, Segment)
        return found.body if found else None

    return look


def segments_in_state(documents: Documents, state: SegmentState) -> Iterator[Segment]:
    """Give all segments in one state, page after page."""
    after: str | None = None
    while True:
        page = documents.find(STATE, Segment, equal_to=state, after=after)
        yield from (found.body for found in page.items)
        after = page.next
        if after is None:
            return


def members_page(
    documents: Documents, segment_id: str, *, limit: int = 100, after: str | None = None
) -> Page[Document[Membership]]:
    return documents.find(MEMBERS, Membership, equal_to=segment_id, limit=limit, after=after)


def member_ids(documents: Documents, segment_id: str) -> Iterator[PatientId]:
    """Give everyone who is in the segment, page after page."""
    after: str | None = None
    while True:
        page = members_page(documents, segment_id, limit=1000, after=after)
        yield from (found.body.patient_id for found in page.items)
        after = page.next
        if after is None:
            return


def membership_of(
    documents: Documents, patient_id: PatientId, segment_id: str
) -> Document[Membership] | None:
    return documents.look(patient_partition(patient_id), membership_id(segment_id), Membership)
