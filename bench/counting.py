"""Adapters that count what they are asked, in the words of the services that bill for it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

from shared.kernel.announcements import Announcement
from shared.kernel.documents import (
    Change,
    Commit,
    Create,
    Delete,
    Document,
    Documents,
    Index,
    Page,
    Unchanged,
)
from shared.kernel.queues import OutgoingMessage, Queues

T = TypeVar("T")


class Counts(Counter[str]):
    """How often what was asked: `read`, `list`, `find`, `commit` and its parts, `send`."""

    @property
    def store_operations(self) -> int:
        """Round trips to the store."""
        return sum(self[name] for name in ("read", "list", "find", "commit"))


class CountingDocuments(Documents):
    """Passes everything on, and counts it."""

    def __init__(self, documents: Documents, counts: Counts) -> None:
        self._documents = documents
        self._counts = counts

    def read(self, partition: str, id: str, of: type[T], *, at_least: int = 0) -> Document[T]:  # noqa: A002  # the document's own word
        self._counts["read"] += 1
        return self._documents.read(partition, id, of, at_least=at_least)

    def look(self, partition: str, id: str, of: type[T]) -> Document[T] | None:  # noqa: A002  # the document's own word
        self._counts["read"] += 1
        return self._documents.look(partition, id, of)

    def look_many(self, places: Sequence[tuple[str, str]], of: type[T]) -> Sequence[Document[T] | None]:
        self._counts["read"] += len(places)
        return self._documents.look_many(places, of)

    def list(
        self, partition: str, kind: str, of: type[T], *, limit: int = 100, after: str | None = None
    ) -> Page[Document[T]]:
        self._counts["list"] += 1
        return self._documents.list(partition, kind, of, limit=limit, after=after)

    def find(
        self,
        index: Index,
        of: type[T],
        *,
        equal_to: Any = None,
        up_to: Any = None,
        limit: int = 100,
        after: str | None = None,
    ) -> Page[Document[T]]:
        self._counts["find"] += 1
        return self._documents.find(index, of, equal_to=equal_to, up_to=up_to, limit=limit, after=after)

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        self._count(Commit(partition, changes, unchanged, announcements))
        return self._documents.commit(
            partition, changes=changes, unchanged=unchanged, announcements=announcements
        )

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        for commit in commits:
            self._count(commit)
        return self._documents.commit_many(commits)

    def _count(self, commit: Commit) -> None:
        self._counts["commit"] += 1
        self._counts["guard"] += len(commit.unchanged)
        self._counts["announce"] += len(commit.announcements)
        self._counts.update(_kind(change) for change in commit.changes)


def _kind(change: Change) -> str:
    if isinstance(change, Create):
        return "create"
    if isinstance(change, Delete):
        return "forget" if change.id.startswith("announcement~") else "delete"
    return "replace"


class CountingQueues(Queues):
    """Passes messages on, and counts them: each is also received and completed once by the host."""

    def __init__(self, queues: Queues, counts: Counts) -> None:
        self._queues = queues
        self._counts = counts

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        self._counts["send"] += len(messages)
        self._queues.send(queue, messages)
