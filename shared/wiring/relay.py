"""From the store to the queues: announcements are published, then deleted, and never lost between (D5)."""

import base64
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import orjson

from shared.adapters.codec import announcement_body
from shared.kernel import tracing
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Commit, Delete, Document, Documents, Index
from shared.kernel.identity import derived
from shared.kernel.queues import LARGEST_BODY, OutgoingMessage, Queues
from shared.kernel.refusals import LostRace, NotFound, TransientFault
from shared.kernel.sensitive import Sensitive
from shared.operations.model import NO_QUEUE, UnhandledMessage
from shared.operations.park_message import ParkMessage
from shared.wiring import claims
from shared.wiring.queues import BY_TYPE, Queue

log = logging.getLogger(__name__)

MADE_AT = Index("announcement", "made_at")
LEFT_BEHIND_AFTER = timedelta(minutes=2)
LONGEST_SESSION = 128
"""Characters, as Service Bus has it."""
MOST_KEPT = 1_000_000
"""Bytes of content kept of what is parked; more of it might not fit into a document (D4: 2 MB)."""


class Unpublishable(Exception):
    """It can never be put on a queue as it is, however often that is tried."""


class NoQueueCarriesIt(Unpublishable):
    """No queue carries its type."""


class HasNoSession(Unpublishable):
    """What its queue's sessions go by is missing, or no session could be named so."""


class TooLarge(Unpublishable):
    """Its content is larger than a message may be; where it was committed, larger than a document may be."""


@dataclass(frozen=True, slots=True)
class PublishToQueues(Publisher):
    """Sends announcements straight to their queues, for those who have nothing to commit.

    They tell of ids. What is too large for a message is a bug of theirs: there is no partition to keep it in.
    """

    queues: Queues

    def publish(self, announcements: Sequence[Announcement]) -> None:
        outgoing: dict[str, list[OutgoingMessage]] = defaultdict(list)
        for announcement in announcements:
            body = announcement_body(announcement, made_at="")
            for queue, message in _addressed(announcement.id, body):
                if len(message.body) > LARGEST_BODY:
                    raise TooLarge
                outgoing[queue.name].append(message)
        for queue_name, messages in outgoing.items():
            self.queues.send(queue_name, messages)


class Malformed(Unpublishable):
    """It is not spelt as an announcement is."""


@dataclass(slots=True)
class _Batch:
    """What is to go where, and which announcements are done with once their queues have taken it."""

    outgoing: dict[Queue, list[OutgoingMessage]] = field(default_factory=dict[Queue, list[OutgoingMessage]])
    told: list[tuple[Commit, frozenset[str]]] = field(default_factory=list[tuple[Commit, frozenset[str]]])

    def add(self, announcement: Mapping[str, Any], messages: Sequence[tuple[Queue, OutgoingMessage]]) -> None:
        for queue, message in messages:
            self.outgoing.setdefault(queue, []).append(message)
        forgotten = Delete(announcement["id"], announcement["_etag"])
        queues = frozenset(queue.name for queue, _ in messages)
        self.told.append((Commit(announcement["partition"], changes=[forgotten]), queues))

    def done(self, *, but: AbstractSet[str]) -> list[Commit]:
        """Give what is to be forgotten, but of what some queue would not take."""
        return [commit for commit, queues in self.told if queues.isdisjoint(but)]


@dataclass(frozen=True, slots=True)
class RelayAnnouncements:
    """Publishes the announcements among changed documents, then deletes them.

    What is too large for a message is kept in the store first, and claimed by the message. Killed anywhere
    between, it does the same again: handlers are harmless to repeat. None stops the others: one that no queue
    carries or could carry is parked, and a queue that takes nothing holds up only what is for it.
    """

    documents: Documents
    queues: Queues
    park: ParkMessage

    def __call__(self, changed: Sequence[Mapping[str, Any]], *, now: datetime) -> int:
        """Relay what is an announcement among `changed` (as the change feed gives it); say how many.

        Raises what kept some of it back once all else is done: the feed, or the sweep, brings those again.
        """
        announcements = [change for change in changed if change.get("kind") == "announcement"]
        batch = _Batch()
        for announcement in announcements:
            try:
                batch.add(announcement, self._messages(announcement, now))
            except Unpublishable as reason:
                self._set_aside(announcement, reason, now)
                batch.add(announcement, ())
        busy = self._send(batch.outgoing)
        self._forget(batch.done(but=busy.keys()))
        for fault in busy.values():
            raise fault
        return len(announcements)

    def _send(self, outgoing: Mapping[Queue, Sequence[OutgoingMessage]]) -> Mapping[str, TransientFault]:
        """Send to each queue; give those that would not take it, and why."""
        busy: dict[str, TransientFault] = {}
        for queue, messages in outgoing.items():
            try:
                self.queues.send(queue.name, messages)
            except TransientFault as fault:
                busy[queue.name] = fault
        return busy

    def _forget(self, done: Sequence[Commit]) -> None:
        for outcome in self.documents.commit_many(done):
            if outcome is not None and not isinstance(outcome, LostRace | NotFound):
                raise outcome  # published and still there: the sweep or the next delivery deletes it

    def _messages(
        self, announcement: Mapping[str, Any], now: datetime
    ) -> Sequence[tuple[Queue, OutgoingMessage]]:
        addressed = _addressed(announcement["id"], announcement["body"])
        if all(len(message.body) <= LARGEST_BODY for _, message in addressed):
            return addressed
        try:
            claim = claims.keep(self.documents, announcement, now=now)
        except ValueError:  # the store's own word for what no document can hold
            raise TooLarge from None
        return [(queue, claim.on(message)) for queue, message in addressed]

    def _set_aside(self, announcement: Mapping[str, Any], reason: "Unpublishable", now: datetime) -> None:
        """Park what a newer or broken version of the app announced, before it is deleted as if published."""
        body = _dict(announcement["body"])
        content = orjson.dumps(body.get("content", announcement["body"]))
        kept = content if len(content) <= MOST_KEPT else b""
        told = {"type": str(body.get("type")), "of": str(_dict(body.get("of")).get("id"))}
        log.error(
            "wiring.announcement.unroutable",
            extra={"type": told["type"], "announcement": announcement["id"], "reason": type(reason).__name__},
        )
        unhandled = UnhandledMessage(
            queue=NO_QUEUE,
            message_id=announcement["id"],
            session=None,
            body=Sensitive(base64.b64encode(kept).decode()),
            properties={**told, "bytes": str(len(content))},
            reason=type(reason).__name__,
        )
        self.park(unhandled, now=now)


@dataclass(frozen=True, slots=True)
class RelayLeftBehind:
    """Publishes what has waited for more than two minutes, so that a lost batch cannot hide (D5)."""

    documents: Documents
    relay: RelayAnnouncements

    def __call__(self, *, now: datetime, real: datetime) -> int:
        """Relay everything that is older than two minutes of machine time; say how many.

        What keeps some of it back is raised when all has been tried: it may be behind much that can go.
        """
        relayed, after, fault = 0, None, None
        while True:
            page = self.documents.find(MADE_AT, dict[str, Any], up_to=real - LEFT_BEHIND_AFTER, after=after)
            try:
                relayed += self.relay([_as_change(document) for document in page.items], now=now)
            except TransientFault as kept_back:
                fault = kept_back
            if page.next is None:
                break
            after = page.next
        if fault is not None:
            raise fault
        return relayed


def _dict(value: Any) -> Mapping[str, Any]:
    """Give what should be an object as one."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _as_change(document: Document[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": document.id,
        "partition": document.partition,
        "kind": document.kind,
        "body": document.body,
        "_etag": document.etag,
    }


def _addressed(announcement_id: str, body: Mapping[str, Any]) -> list[tuple[Queue, OutgoingMessage]]:
    """Give a message for each queue that carries it, or raise `Unpublishable`."""
    try:
        if body["type"] not in BY_TYPE:
            raise NoQueueCarriesIt
        return [(queue, _message(queue, announcement_id, body)) for queue in BY_TYPE[body["type"]]]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Malformed from None  # what is wrong may be a value


def _session(queue: Queue, content: Mapping[str, Any]) -> str | None:
    if queue.session_key is None:
        return None
    session = content.get(queue.session_key)
    if not isinstance(session, str) or not 0 < len(session) <= LONGEST_SESSION:
        raise HasNoSession
    return session


def _message(queue: Queue, announcement_id: str, body: Mapping[str, Any]) -> OutgoingMessage:
    """Put the content in the body, and what it speaks of in the properties: ids and numbers only (D17).

    The context goes along, so that what comes of it belongs to the same piece of work.
    """
    due, content = body["due_at"], orjson.dumps(body["content"])
    due_at = datetime.fromisoformat(due) if due else None
    if due_at is not None and due_at.tzinfo is None:
        raise Malformed
    return OutgoingMessage(
        id=derived(announcement_id, queue.name, "1", due or ""),
        body=content,
        session=_session(queue, body["content"]),
        due_at=due_at,
        properties={
            "type": body["type"],
            "of": body["of"]["id"],
            "of_version": str(body["of"]["version"]),
            **tracing.carried(body.get("trace", "")),
        },
    )
