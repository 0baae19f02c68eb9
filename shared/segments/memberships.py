"""Whether a patient is in a segment, since when, and until when at least that is known: pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class Membership:
    """What was last decided of one patient and one segment.

    `member_of` is the segment's id while the patient is in it, for the index. `since` and `until` bound the
    latest stay. `occurrence` counts the stays. `decided_by` is the version of the definition, `as_of` the
    moment that was asked about. At `valid_until` time alone may change the answer; it is None for never.
    """

    segment_id: str
    patient_id: PatientId
    is_member: bool
    member_of: str | None
    since: datetime | None
    until: datetime | None
    occurrence: int
    decided_by: int
    as_of: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one evaluation found; `valid_until` as for `Membership`."""

    is_member: bool
    decided_by: int
    valid_until: datetime | None = None


def decided(
    before: Membership | None, segment_id: str, patient_id: PatientId, verdict: Verdict, now: datetime
) -> Membership | None:
    """Give the membership as it is now, or None where nothing is to be written.

    Who never was in, is not, and will not be by time alone, leaves no trace.
    """
    if before is None:
        if not verdict.is_member and verdict.valid_until is None:
            return None
        before = _never(segment_id, patient_id, now)
    if (before.is_member, before.decided_by, before.valid_until) == (
        verdict.is_member,
        verdict.decided_by,
        verdict.valid_until,
    ):
        return None
    after = replace(before, decided_by=verdict.decided_by, as_of=now, valid_until=verdict.valid_until)
    if verdict.is_member == before.is_member:
        return after
    if verdict.is_member:
        return replace(
            after,
            is_member=True,
            member_of=segment_id,
            since=now,
            until=None,
            occurrence=before.occurrence + 1,
        )
    return replace(after, is_member=False, member_of=None, until=now)


def happened(before: Membership | None, after: Membership) -> Literal["joined", "left"] | None:
    """Say what others are to hear of it; that somebody is still in, or still out, is no news."""
    was_member = before is not None and before.is_member
    if was_member == after.is_member:
        return None
    return "joined" if after.is_member else "left"


def _never(segment_id: str, patient_id: PatientId, now: datetime) -> Membership:
    return Membership(
        segment_id,
        patient_id,
        is_member=False,
        member_of=None,
        since=None,
        until=None,
        occurrence=0,
        decided_by=0,
        as_of=now,
        valid_until=None,
    )
