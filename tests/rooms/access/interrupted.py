"""A store whose process dies after so many commits, and one in which something happens meanwhile."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Commit, Document, Documents, Index, Page, T, Unchanged
from shared.kernel.refusals import TransientFault


class Interrupted(Documents):
    """Passes everything on until `after` commits are reached; that one is not made, nor any other."""

    def __init__(self, documents: Documents, *, after: int) -> None:
        self._documents = documents
        self._left = after - 1

    def read(self, partition: str, id: str, of: type[T], *, at_least: int = 0) -> Document[T]:  # noqa: A002  # the port's own word
        return self._documents.read(partition, id, of, at_least=at_least)

    def look(self, partition: str, id: str, of: type[T]) -> Document[T] | None:  # noqa: A002  # the port's own word
        return self._documents.look(partition, id, of)

    def list(
        self, partition: str, kind: str, of: type[T], *, limit: int = 100, after: str | None = None
    ) -> Page[Document[T]]:
        return self._documents.list(partition, kind, of, limit=limit, after=after)

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
        return self._documents.find(index, of, equal_to=equal_to, up_to=up_to, limit=limit, after=after)

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        if self._left == 0:
            raise TransientFault("the process died")  # noqa: EM101, TRY003  # a test's own words
        self._left -= 1
        return self._documents.commit(
            partition, changes=changes, unchanged=unchanged, announcements=announcements
        )

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        return self._documents.commit_many(commits)


class Meanwhile(Interrupted):
    """Lets something happen once, just before a partition is written."""

    def __init__(self, documents: Documents, partition: str, happens: Callable[[], object]) -> None:
        super().__init__(documents, after=1_000)
        self._partition = partition
        self._happens: list[Callable[[], object]] = [happens]

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        if partition == self._partition and self._happens:
            self._happens.pop()()
        return super().commit(partition, changes=changes, unchanged=unchanged, announcements=announcements)
