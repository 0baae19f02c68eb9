"""The one store: documents in partitions (D4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from shared.kernel.announcements import Announcement
from shared.kernel.refusals import Conflict, Stale, TransientFault

T = TypeVar("T")

MOST_OPERATIONS = 100
"""Changes, guards and announcements in one commit; what one Cosmos DB batch takes."""
MOST_BYTES = 2_000_000
"""All bodies of one commit together."""
LONGEST_ID = 128
FORBIDDEN_IN_IDS = frozenset("/\\?#")
TOMBSTONES_LAST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """A body as it stood when read. `version` counts its writes from 1; `etag` guards against later ones."""

    partition: str
    id: str
    version: int
    etag: str
    body: T
    expires_at: datetime | None = None

    @property
    def kind(self) -> str:
        return self.id.partition("~")[0]


class Unreadable(Exception):
    """A stored document is not what this version takes it for: a bug of ours, never the caller's nonsense.

    It names the document only: what is wrong inside could be a value (D17).
    """

    def __init__(self, kind: str, document_id: str) -> None:
        super().__init__(f"{document_id} cannot be read as what {kind} is now")
        self.kind = kind
        self.document_id = document_id


class WrittenAhead(TransientFault):
    """It says something that only a newer version knows: an instance of that one can read it.

    While versions stand beside each other (docs/evolution.md) that is nobody's fault, and is waited out.
    """


@dataclass(frozen=True, slots=True)
class Create:
    """Write what must not exist yet. After a deletion, versions go on from the tombstone's."""

    id: str
    body: object
    expires_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Replace:
    """Write over what was read, provided nobody has since."""

    id: str
    body: object
    etag: str
    version: int
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Take away what was read, provided nobody has changed it since; a tombstone stays for 30 days."""

    id: str
    etag: str


Change = Create | Replace | Delete


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A guard on what was read but is not written.

    Without it two commits could each rest on the other's past.
    """

    id: str
    etag: str


@dataclass(frozen=True, slots=True)
class Commit:
    """What one act wants written, all or nothing, in one partition."""

    partition: str
    changes: Sequence[Change] = ()
    unchanged: Sequence[Unchanged] = ()
    announcements: Sequence[Announcement] = ()


@dataclass(frozen=True, slots=True)
class Index:
    """A cross-partition question that is foreseen: documents of `kind` in order of the body's `field`.

    `field` may be a dotted path. Times sort by instant, numbers by size, text by code point.
    """

    kind: str
    field: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of what was asked for; `next` is where to go on, or None at the end."""

    items: tuple[T, ...]
    next: str | None = None


class Documents(Protocol):
    """Keeps the documents of all rooms. Every method may raise `TransientFault`.

    A document that this version cannot read is logged (`store.document.unreadable`). Asked for by name it
    raises `Unreadable`; among many it is left out, so that it stops nobody else. So is what a newer version
    has written and only that can read (`store.document.ahead`): by name it raises `WrittenAhead`.

    What has expired (`expires_at` not after business time) is not there for any reader, and may be created
    anew.
    """

    def read(self, partition: str, id: str, of: type[T], *, at_least: int = 0) -> Document[T]:  # noqa: A002  # the document's own word
        """Give the document, with its body as an `of`.

        Raises `NotFound` when there is none, `Gone` when it was deleted within 30 days. With `at_least`, a
        document that is older, or absent without a tombstone, raises `NotYetVisible`.
        """
        ...

    def look(self, partition: str, id: str, of: type[T]) -> Document[T] | None:  # noqa: A002  # the document's own word
        """Give the document, or None when there is none."""
        ...

    def look_many(self, places: Sequence[tuple[str, str]], of: type[T]) -> Sequence[Document[T] | None]:
        """Look at many, each named by its partition and id; they are not of one moment."""
        return [self.look(partition, document_id, of) for partition, document_id in places]

    def list(
        self, partition: str, kind: str, of: type[T], *, limit: int = 100, after: str | None = None
    ) -> Page[Document[T]]:
        """Give the documents of one kind in one partition, in order of their ids."""
        ...

    def find(  # one question has this many sides
        self,
        index: Index,
        of: type[T],
        *,
        equal_to: Any = None,
        up_to: Any = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Document[T]]:
        """Give documents of any partition in order of a declared index, or those up to and with a value.

        An index that was not declared to the adapter is a bug (`LookupError`).
        """
        ...

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        """Write all of it or nothing, in one partition, durably; give the new etag of each id written.

        Raises `AlreadyExists` when something to create is there, `LostRace` when an etag has moved, and
        `ValueError` (a bug) for what Cosmos DB would refuse: more than 100 operations, more than 2 MB, a bad
        id.
        """
        ...

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        """Make many commits, each for itself; for each, None or what `commit` would have raised."""
        ...


def as_seen(
    before: Document[Any] | None, if_match: str | None, *, is_there: type[Conflict], changed: type[Stale]
) -> None:
    """Let a person write over the version that they have seen, or what is not there yet, and nothing else.

    Raises `changed` where `if_match` is another version than `before`'s, or nothing is there any more, and
    `is_there` where something is there and no version was named (RFC 9110 §13.1.1).
    """
    if if_match is not None and (before is None or before.etag != if_match):
        raise changed
    if if_match is None and before is not None:
        raise is_there


def replacing(document: Document[Any], body: object, *, expires_at: datetime | None = None) -> Replace:
    """Write `body` over `document`, guarded by the etag that was read."""
    return Replace(document.id, body, document.etag, document.version + 1, expires_at)


def deleting(document: Document[Any]) -> Delete:
    """Take `document` away, guarded by the etag that was read."""
    return Delete(document.id, document.etag)


def unchanged(document: Document[Any]) -> Unchanged:
    """Make the commit rest on `document` being what was read."""
    return Unchanged(document.id, document.etag)


def announcing(
    content: object, *, of: Create | Replace | Document[Any], named: str, due_at: datetime | None = None
) -> Announcement:
    """Announce `content` as speaking of the state that `of` leaves behind."""
    return Announcement(content, named, (of.id, of.version), due_at)
