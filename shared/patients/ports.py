"""What room patients asks of rooms above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.access.model import Caller
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create
from shared.kernel.identity import PatientId
from shared.patients.home import InboxMessage
from shared.patients.pending_details import PointBefore
from shared.patients.refreshes import StageStep
from shared.patients.tiles import ActivitiesTile, IdsBySourceTile, MeasuresTile


class IsTalkingWith(Protocol):
    """Knows who is in a conversation with whom."""

    def __call__(self, *, caller: Caller, patient_id: PatientId, now: datetime) -> bool:
        """Say whether the caller has a conversation of this patient in hand, or is offered it."""
        ...


class Inbox(Protocol):
    """Knows what a patient was sent."""

    def __call__(self, patient_id: PatientId) -> Sequence[InboxMessage]:
        """Give what went out to the patient, latest first; not more than some hundred."""
        ...


class WriteBack(Protocol):
    """Knows what the house may write into the record (FH-7)."""

    def allows(self, resource_type: str) -> bool:
        """Say whether it may write that type."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A message, as what it puts into a commit of the patient's own partition."""

    create: Create
    order: Announcement


class DetailsNotices(Protocol):
    """Writes to former contact points that a patient's own details have changed."""

    def __call__(
        self, request_id: str, points: Sequence[PointBefore], *, patient_id: PatientId, now: datetime
    ) -> Sequence[Notice]:
        """Give the messages, one for each contact point; the same request gives the same."""
        ...


class Stage(Protocol):
    """One stage of a refresh. Done again from the same mark it does no harm."""

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:
        """Do a bounded part of it, from a former mark or from the beginning.

        Raises `TransientFault` for what may yet succeed and a `Refusal` for what will not.
        """
        ...


class ShowsActivities(Protocol):
    """Knows what happened with a patient."""

    def __call__(self, patient_id: PatientId, *, caller: Caller, most: int) -> ActivitiesTile:
        """Give what happened last, without what is hidden or the caller may not see."""
        ...


class ShowsMeasures(Protocol):
    """Knows what measures gave of a patient."""

    def __call__(self, patient_id: PatientId, *, caller: Caller, most: int) -> MeasuresTile:
        """Give the first of them that the caller may know. May raise `TransientFault`."""
        ...


class ShowsIdsBySource(Protocol):
    """Knows under which keys other sources know a patient."""

    def __call__(self, records: Sequence[PatientId], *, most: int) -> IdsBySourceTile:
        """Give whose these records of one patient are found to be, with `most` keys in all."""
        ...
