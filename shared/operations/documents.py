"""Parked messages as documents, a partition per day."""

import re
from datetime import UTC, datetime

from shared.access.model import Caller
from shared.audit.model import RecordAudit
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, Index, Replace, announcing
from shared.kernel.identity import derived
from shared.operations.model import CarryOutDecision, NoSuchMessage, ParkedMessage, UnhandledMessage

PARKED_AT = Index("parked", "parked_at")
PARKED_STATE = Index("parked", "state")
"""About which messages nobody has decided."""
INDEXES = (PARKED_AT, PARKED_STATE)

_PARKED_ID = re.compile(r"(\d{4}-\d{2}-\d{2})~[0-9a-f]{40}(~[1-9]\d{0,9})?")


def parked_id(message: UnhandledMessage, *, at: datetime, again: int = 0) -> str:
    """Name a parked message for what it is; parked twice on one day, it is one.

    `again` counts how often that day it came back after somebody had decided about it.
    """
    name = f"{at.astimezone(UTC).date().isoformat()}~{derived(message.queue, message.message_id)}"
    return f"{name}~{again}" if again else name


def partition_of(parked: str) -> str:
    """Give the partition that the id itself tells."""
    named = _PARKED_ID.fullmatch(parked)
    if named is None:
        raise NoSuchMessage
    return f"parked/{named[1]}"


def parking(parked: str, message: ParkedMessage) -> Create:
    return Create(f"parked~{parked}", message)


def id_of(document: Document[ParkedMessage]) -> str:
    return document.id.removeprefix("parked~")


def parked_message(documents: Documents, parked: str) -> Document[ParkedMessage]:
    found = documents.look(partition_of(parked), f"parked~{parked}", ParkedMessage)
    if found is None:
        raise NoSuchMessage
    return found


def to_be_carried_out(parked: str, change: Create | Replace) -> Announcement:
    return announcing(CarryOutDecision(parked), of=change, named=f"{parked}~{change.version}")


def audited(
    what: str, change: Create | Replace, parked: str, *, caller: Caller, now: datetime, why: str | None
) -> Announcement:
    """Announce the audit entry of a decision."""
    name = f"{what}~{parked}~{change.version}"
    entry = RecordAudit(name, now, caller.who, what, f"parked/{parked}", why=why)
    return announcing(entry, of=change, named=name)
