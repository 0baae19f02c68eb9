"""Is anybody to be expected in a queue now, and what does the patient who waits there hear (RT-14, CV-13)?"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.calendars.model import OperatingHours
from shared.conversations.conversation import Conversation
from shared.kernel.documents import Documents
from shared.routing.documents import QUEUE, queue_partition
from shared.routing.queues import WorkQueue

PLEASE_WAIT = "Please wait a moment: somebody will be with you soon."
MAY_WAIT = "You may wait here: somebody who is in all the same will answer you."
CALLED_BACK = "If nobody answers, or if you leave, we will call you back."
COME_BACK = "Otherwise please write to us again when we are open."


@dataclass(frozen=True, slots=True)
class Hours:
    """Whether the queue is open, and the words for who begins to wait there."""

    is_open: bool = True
    told: str = PLEASE_WAIT


def hours_at(documents: Documents, queue_id: str, now: datetime, *, is_known: bool) -> Hours:
    """Look at a queue's hours; one that is not there has none. Work is assigned out of hours too (RT-14)."""
    queue = documents.look(queue_partition(queue_id), QUEUE, WorkQueue)
    hours = queue.body.operating_hours if queue else None
    if hours is None or hours.is_open(now):
        return Hours()
    told = (closed_words(hours, now), MAY_WAIT, CALLED_BACK if is_known else COME_BACK)
    return Hours(is_open=False, told=" ".join(told))


def hours_of(documents: Documents, conversation: Conversation, now: datetime) -> Hours:
    """Look at the hours of the queue that a conversation waits in, or comes back to."""
    is_known = conversation.patient_id is not None
    return hours_at(documents, conversation.queue_id or "", now, is_known=is_known)


def closed_words(hours: OperatingHours, now: datetime) -> str:
    """Say that it is closed, and when it opens, by the clock on its own wall."""
    opens = hours.next_opening(now)
    if opens is None:
        return "We are closed at the moment."
    there = opens.astimezone(ZoneInfo(hours.zone))
    when = f"{there:%A} {there.day} {there:%B}, {there:%H:%M}"
    return f"We are closed at the moment, and open again on {when} ({hours.zone} time)."
