"""Claim checks: what is too large for a message waits in the store, and the message says where (D5).

The place is told in our own ids: the partition of what was announced, and a name derived from the content.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import orjson

from shared.kernel.documents import Create, Documents, replacing
from shared.kernel.identity import derived
from shared.kernel.queues import OutgoingMessage
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense, NotFound, NotYetVisible, Refusal

PLACE, ENDS = "claim", "claim_ends"
"""Properties of a message whose content waits elsewhere: where, and until when (business time)."""
KEPT_FOR = timedelta(days=30)
"""After it is due; by then a message was handled, or an operator should have seen it among the parked."""
LONG_ENOUGH = timedelta(days=1)
"""What was kept for an earlier try and lasts almost as long will do."""
EMPTY = b"{}"


class ClaimIsGone(Refusal):
    """What this message should hold is no longer kept."""

    needs_a_person: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Claimed:
    """The content of an announcement that no message could hold."""

    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """Where a content waits, and until when."""

    place: str
    ends: datetime

    def on(self, message: OutgoingMessage) -> OutgoingMessage:
        """Let a message carry the claim instead of the content."""
        told = {PLACE: self.place, ENDS: self.ends.isoformat()}
        return replace(message, body=EMPTY, properties={**message.properties, **told})


def keep(documents: Documents, announcement: Mapping[str, Any], *, now: datetime) -> Claim:
    """Keep the content of an announcement (as the change feed gives it) beside it; kept twice, it is one.

    Raises `ValueError` where no document could hold it.
    """
    partition, body = announcement["partition"], announcement["body"]
    due = datetime.fromisoformat(body["due_at"]) if body["due_at"] else now
    name = f"claim~{derived(announcement['id'], orjson.dumps(body['content']).decode())}"
    claim = Claim(f"{partition}/{name}", max(due, now) + KEPT_FOR)
    content = Claimed(body["content"])
    try:
        documents.commit(partition, changes=[Create(name, content, expires_at=claim.ends)])
    except AlreadyExists:
        _keep_longer(documents, partition, name, claim.ends)
    return claim


def _keep_longer(documents: Documents, partition: str, name: str, ends: datetime) -> None:
    there = documents.look(partition, name, Claimed)
    if there is None:
        raise LostRace
    if there.expires_at is not None and there.expires_at + LONG_ENOUGH < ends:
        documents.commit(partition, changes=[replacing(there, there.body, expires_at=ends)])


def redeem(documents: Documents, properties: Mapping[str, str], *, now: datetime) -> bytes:
    """Give the content that a message's properties claim.

    Raises `NotYetVisible` while it has not come here, `ClaimIsGone` once it is kept no more.
    """
    partition, _, name = properties[PLACE].rpartition("/")
    if not partition or not name.startswith("claim~"):
        raise Nonsense((PLACE, "names no claim"))
    try:
        return orjson.dumps(documents.read(partition, name, Claimed, at_least=1).body.content)
    except NotYetVisible:
        ends = properties.get(ENDS)
        if ends is None or now < datetime.fromisoformat(ends):
            raise
    except NotFound:
        pass
    raise ClaimIsGone
