"""Show in which segments a patient is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.access.model import Caller, may_read_clinical
from shared.kernel.documents import Document, Documents
from shared.kernel.identity import PatientId
from shared.patients.documents import patient_partition
from shared.segments.clinical import may_know
from shared.segments.documents import looking_in
from shared.segments.memberships import Membership


@dataclass(frozen=True, slots=True)
class WhichMemberships:
    """How many at once; `after` is a former answer's `next`."""

    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class MembershipShown:
    """One segment that the patient is or has been in; `since` and `until` bound the latest stay."""

    segment_id: str
    is_member: bool
    since: datetime | None
    until: datetime | None
    occurrence: int
    definition_version: int
    as_of: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class MembershipsFound:
    """One page of a patient's memberships."""

    memberships: tuple[MembershipShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListMemberships:
    """Gives the segments that a patient is in, or has been in, a page at a time.

    Those that ask about clinical data are left out for whoever may see none, as if they were not there.
    """

    documents: Documents

    def __call__(self, which: WhichMemberships, *, patient_id: PatientId, caller: Caller) -> MembershipsFound:
        limit = max(1, min(which.limit, 100))
        found = (one for one in self._ever(patient_id, which.after) if self._is_for(caller, one.body))
        page = list(islice(found, limit + 1))
        end = page[limit - 1].id if len(page) > limit else None  # never the name of one that is left out
        return MembershipsFound(tuple(shown(one.body) for one in page[:limit]), end)

    def _ever(self, patient_id: PatientId, after: str | None) -> Iterator[Document[Membership]]:
        """Give those that the patient has ever been in, page after page."""
        partition = patient_partition(patient_id)
        while True:
            page = self.documents.list(partition, "membership", Membership, after=after)
            yield from (found for found in page.items if found.body.occurrence)
            after = page.next
            if after is None:
                return

    def _is_for(self, caller: Caller, membership: Membership) -> bool:
        if may_read_clinical(caller):
            return True
        segment = looking_in(self.documents)(membership.segment_id)
        return segment is not None and may_know(self.documents, segment.rule, caller)


def shown(membership: Membership) -> MembershipShown:
    return MembershipShown(
        segment_id=membership.segment_id,
        is_member=membership.is_member,
        since=membership.since,
        until=membership.until,
        occurrence=membership.occurrence,
        definition_version=membership.decided_by,
        as_of=membership.as_of,
        valid_until=membership.valid_until,
    )
