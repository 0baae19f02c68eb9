"""Queues in which work waits for people (RT-5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.calendars.model import OperatingHours
from shared.kernel.refusals import Conflict, NotFound, Stale

AssignmentMethod = Literal["least_active"]
"""Who is asked first (RT-7): whoever was given work, or was done with some, the longest time ago."""


@dataclass(frozen=True, slots=True)
class WorkQueueDraft:
    """A queue as its maker wants it.

    `members` are subjects of staff; with none, every representative is one (RT-6). A lower `priority` comes
    first. Without `operating_hours` it is always open.
    """

    name: str
    members: tuple[str, ...] = ()
    assignment_method: AssignmentMethod = "least_active"
    priority: int = 100
    operating_hours: OperatingHours | None = None
    service_level_threshold_seconds: int = 60


@dataclass(frozen=True, slots=True)
class WorkQueue:
    """A queue as kept; `version` counts what it has been."""

    id: str
    version: int
    name: str
    members: tuple[str, ...]
    assignment_method: AssignmentMethod
    priority: int
    operating_hours: OperatingHours | None
    service_level_threshold_seconds: int

    def has_member(self, subject: str) -> bool:
        """Say whether this person takes work from here."""
        return not self.members or subject in self.members

    def is_open(self, at: datetime) -> bool:
        """Say whether somebody is to be expected here at that instant.

        Work is assigned out of hours too, where somebody is there all the same (RT-14's default).
        """
        return self.operating_hours is None or self.operating_hours.is_open(at)


class NoSuchQueue(NotFound):
    """There is no such queue."""


class QueueIsThere(Conflict):
    """There is a queue of that id; to change it, say which one you have seen (If-Match)."""


class QueueChangedMeanwhile(Stale):
    """The queue has been changed since it was read."""
