"""Notes of all that a product writes, sends and reads, and samples made of them.

    python -m tests.support.evolution_notes

plays the product and keeps samples of what none is there yet.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from shared.adapters.codec import to_plain
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.kernel.documents import Change, Commit, Create, Document, Index, Page, Replace, Unchanged
from shared.kernel.queues import OutgoingMessage, Queues
from shared.wiring.indexes import INDEXES
from tests.support.evolution import FOLDER, kind_of
from tests.support.evolution_play import play, take_over_what_ships
from tests.support.issuer import an_issuer
from tests.support.product import Product, a_product

T = TypeVar("T")

MOST_OF_A_KIND = 8
"""Samples that differ in which fields they fill."""
LONGEST_TEXT = 1_000


@dataclass(slots=True)
class Written:
    """What a product writes while it is played, some of each shape; and what it reads documents as."""

    documents: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    messages: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    read_as: set[tuple[str, type]] = field(default_factory=set[tuple[str, type]])

    def keep(self) -> Iterator[Path]:
        """Keep as samples what there are none of; give the new files."""
        for what, found in (("documents", self.documents), ("messages", self.messages)):
            for name, by_shape in sorted(found.items()):
                path = FOLDER / what / f"{name}.json"
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(json.dumps(list(by_shape.values()), indent=2, ensure_ascii=False) + "\n")
                    yield path


class NotedDocuments(SqliteDocuments):
    """The embedded store, and notes of what goes in and as what it comes out."""

    written: Written

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Any] = (),
    ) -> dict[str, str]:
        self._note(partition, changes)
        return super().commit(partition, changes=changes, unchanged=unchanged, announcements=announcements)

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        for commit in commits:
            self._note(commit.partition, commit.changes)
        return super().commit_many(commits)

    def _note(self, partition: str, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change, Create | Replace):
                _note(self.written.documents, kind_of(partition, change.id), to_plain(change.body))

    def read(self, partition: str, id: str, of: type[T], *, at_least: int = 0) -> Document[T]:  # noqa: A002  # the port's own word
        self.written.read_as.add((kind_of(partition, id), of))
        return super().read(partition, id, of, at_least=at_least)

    def look(self, partition: str, id: str, of: type[T]) -> Document[T] | None:  # noqa: A002  # the port's own word
        self.written.read_as.add((kind_of(partition, id), of))
        return super().look(partition, id, of)

    def list(
        self, partition: str, kind: str, of: type[T], *, limit: int = 100, after: str | None = None
    ) -> Page[Document[T]]:
        self.written.read_as.add((kind_of(partition, kind), of))
        return super().list(partition, kind, of, limit=limit, after=after)

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
        found = super().find(index, of, equal_to=equal_to, up_to=up_to, limit=limit, after=after)
        self.written.read_as.update((kind_of(one.partition, one.id), of) for one in found.items)
        return found


@dataclass(frozen=True, slots=True)
class NotedQueues(Queues):
    """The embedded queues, and notes of what is sent."""

    queues: Queues
    written: Written

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        for message in messages:
            if message.properties.get("type") and "claim" not in message.properties:
                sample = {
                    "queue": queue,
                    "session": message.session,
                    "properties": dict(message.properties),
                    "body": json.loads(message.body),
                }
                _note(self.written.messages, message.properties["type"], sample)
        self.queues.send(queue, messages)


def noting(product: Product) -> Written:
    """Note from now on what the product writes, sends and reads."""
    written, app = Written(), product.app
    documents = NotedDocuments(app.store, clock=product.clock, indexes=INDEXES)
    documents.written = written
    app.documents = documents
    app.queues = NotedQueues(app.queues, written)
    return written


def _note(notes: dict[str, dict[str, Any]], name: str, sample: Any) -> None:
    of_kind = notes.setdefault(name, {})
    if len(of_kind) < MOST_OF_A_KIND:
        of_kind.setdefault(json.dumps(_shape(sample)), _cut(sample))


def _shape(value: Any) -> Any:
    """Say which fields are filled, and what kinds of values they hold."""
    match value:
        case dict():
            fields = cast("dict[str, Any]", value)
            return {name: _shape(held) for name, held in sorted(fields.items())}
        case list():
            shapes = (json.dumps(_shape(held)) for held in cast("list[Any]", value))
            return sorted(set(shapes))
        case _:
            return type(value).__name__


def _cut(value: Any) -> Any:
    """Give it without the length of its longest texts."""
    match value:
        case dict():
            return {name: _cut(held) for name, held in cast("dict[str, Any]", value).items()}
        case list():
            return [_cut(held) for held in cast("list[Any]", value)]
        case str():
            return value[:LONGEST_TEXT]
        case _:
            return value


def main() -> int:
    """Keep samples of what there are none of."""
    with tempfile.TemporaryDirectory() as folder, an_issuer() as issuer:
        with a_product(Path(folder), issuer) as product:
            written = noting(product)
            play(product)
            take_over_what_ships(product)
        for path in written.keep():
            sys.stdout.write(f"{path.relative_to(FOLDER)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
