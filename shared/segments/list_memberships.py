"""Show in which segments a patient is."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.documents import patient_partition
from shared.segments.memberships import Membership


@dataclass(frozen=True, slots=True)
class WhichMemberships:
    """How many to look through at once; `after` is a former answer's `next`."""

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
    """Gives the segments that a patient is in, or has been in, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichMemberships, *, patient_id: PatientId) -> MembershipsFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.list(
            patient_partition(patient_id), "membership", Membership, limit=limit, after=which.after
        )
        ever = tuple(shown(found.body) for found in page.items if found.body.occurrence)
        return MembershipsFound(ever, page.next)


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
