"""The store on Azure: documents of all partitions in one Cosmos DB container, audits in another (D4)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import orjson

from shared.adapters.commit_limits import ANNOUNCEMENT
from shared.adapters.cosmos_account import CosmosAccount, Item
from shared.adapters.cosmos_commits import CosmosCommits
from shared.adapters.cosmos_items import is_dead
from shared.adapters.cosmos_queries import finding, listing, mark
from shared.adapters.cosmos_reads import CosmosReads, Sessions
from shared.adapters.stored_bodies import read_body
from shared.kernel.announcements import Announcement
from shared.kernel.clock import Clock
from shared.kernel.documents import (
    TOMBSTONES_LAST,
    Change,
    Commit,
    Document,
    Index,
    Page,
    Unchanged,
    Unreadable,
    WrittenAhead,
)
from shared.kernel.identity import IdSource, RandomIds
from shared.kernel.refusals import Gone, NotFound, NotYetVisible

T = TypeVar("T")

AT_ONCE = 16
"""Commits of `commit_many` under way together, each in a partition of its own."""
_OF_AUDIT = frozenset({"audit"})
"""Kinds that lie in the container of audits."""


class CosmosDocuments:
    """Keeps `Documents`' promises in Cosmos DB. Safe to share among threads; whoever made it closes it.

    Expiry and tombstones are measured in business time; the service's time to live only cleans up behind
    them.
    """

    def __init__(
        self,
        account: CosmosAccount,
        *,
        clock: Clock,
        indexes: Sequence[Index] = (),
        ids: IdSource | None = None,
    ) -> None:
        sessions = Sessions()
        self._clock = clock
        self._indexes = frozenset(indexes)
        self._reads = CosmosReads(account, sessions)
        self._commits = CosmosCommits(account, sessions, self._reads, clock, ids or RandomIds(), indexes)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="commits")

    def close(self) -> None:
        """End the threads; the account is closed by whoever made it."""
        self._threads.shutdown()

    def read(self, partition: str, id: str, of: type[T], *, at_least: int = 0) -> Document[T]:  # noqa: A002  # the document's own word
        item, now = self._reads.item(partition, id), self._clock.now()
        if item is not None and item["deleted_at"] is not None:
            raise Gone if _is_remembered(item, now) else NotFound
        if item is None or is_dead(item, now):
            raise NotYetVisible if at_least else NotFound
        if item["version"] < at_least:
            raise NotYetVisible
        return _document(item, of)

    def look(self, partition: str, id: str, of: type[T]) -> Document[T] | None:  # noqa: A002  # the document's own word
        item = self._reads.item(partition, id)
        return None if item is None or is_dead(item, self._clock.now()) else _document(item, of)

    def look_many(self, places: Sequence[tuple[str, str]], of: type[T]) -> Sequence[Document[T] | None]:
        partitions, ids = [partition for partition, _ in places], [id_ for _, id_ in places]
        return list(self._threads.map(partial(self.look, of=of), partitions, ids))

    def list(
        self, partition: str, kind: str, of: type[T], *, limit: int = 100, after: str | None = None
    ) -> Page[Document[T]]:
        query, values = listing(kind, after=after, now=self._clock.now())
        items = self._reads.in_partition(partition, query, values, limit + 1)
        return Page(
            tuple(_readable(items[:limit], of)), items[limit - 1]["id"] if len(items) > limit else None
        )

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
        if index not in self._indexes:
            message = f"no index was declared on {index.field} of {index.kind}"
            raise LookupError(message)
        query, values = finding(index, equal_to=equal_to, up_to=up_to, after=after, now=self._clock.now())
        items = self._reads.anywhere(query, values, limit + 1, of_audit=index.kind in _OF_AUDIT)
        return Page(
            tuple(_readable(items[:limit], of)),
            mark(index, items[limit - 1]) if len(items) > limit else None,
        )

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        commit = Commit(partition, changes, unchanged, announcements)
        return self._commits.make(self._commits.prepared(commit))

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        by_partition: defaultdict[str, dict[int, Commit]] = defaultdict(dict)
        for place, commit in enumerate(commits):
            by_partition[commit.partition][place] = commit
        outcomes: dict[int, Exception | None] = {}
        for some in self._threads.map(self._one_after_another, by_partition.values()):
            outcomes |= some
        return [outcomes[place] for place in range(len(commits))]

    def _one_after_another(self, commits: dict[int, Commit]) -> dict[int, Exception | None]:
        return {place: self._outcome(commit) for place, commit in commits.items()}

    def _outcome(self, commit: Commit) -> Exception | None:
        try:
            self._commits.make(self._commits.prepared(commit))
        except Exception as raised:  # noqa: BLE001  # promised: each commit's exception is given, not raised
            return raised
        return None


def _document(item: Item, of: type[T]) -> Document[T]:
    ends, etag = item["expires_at"], item["_etag" if item["kind"] == ANNOUNCEMENT else "stamp"]
    return Document(
        item["partition"],
        item["id"],
        item["version"],
        etag,
        read_body(item["id"], orjson.dumps(item["body"]), of),
        None if ends is None else datetime.fromisoformat(ends),
    )


def _readable(items: Sequence[Item], of: type[T]) -> Iterator[Document[T]]:
    """Give the documents, without those of another version's making."""
    for item in items:
        with suppress(Unreadable, WrittenAhead):
            yield _document(item, of)


def _is_remembered(item: Item, now: datetime) -> bool:
    return datetime.fromisoformat(item["deleted_at"]) + TOMBSTONES_LAST > now
