"""What matching needs from outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.matching.comparing import Plan, Prepared, SourceRecord
from shared.matching.definitions import Source


@dataclass(frozen=True, slots=True)
class FoundPair:
    """Two records, the lower number first, that a step of the plan (by its place in it) joins."""

    left: int
    right: int
    step: int


@dataclass(frozen=True, slots=True)
class Linked:
    """All pairs that the plan joins, each by the first step that does, and what keeps records apart.

    `groups` are the records that hang together by pairs, two at least in each; `apart` those pairs within one
    of them that an exception keeps apart. Groups larger than what was asked for are not looked into.
    """

    pairs: Sequence[FoundPair]
    groups: Sequence[Sequence[int]]
    apart: Sequence[tuple[int, int]]


class LinkEngine(Protocol):
    """Finds alike records among many. May raise `TransientFault`."""

    def link(
        self, plan: Plan, records: Iterable[Prepared], *, also: Sequence[tuple[int, int]], largest: int
    ) -> Linked:
        """Compare records by the plan's steps, put them into groups, and look for exceptions in these.

        `also` are pairs, the lower number first, that put records into one group whatever the steps say; they
        are none of the pairs found. The answer depends on the order of nothing.
        """
        ...


class RecordSources(Protocol):
    """Reads the records of sources. May raise `TransientFault`."""

    def records(self, source: Source) -> Iterator[SourceRecord]:
        """Give all records, those with the same key as often as they are there.

        Raises `SourceCannotBeRead`.
        """
        ...


class SourceFiles(Protocol):
    """Reads what a source has put down as files. May raise `TransientFault`."""

    def rows(self, source_id: str, columns: Sequence[str]) -> Iterator[Mapping[str, str]]:
        """Give every row as text, without what is empty.

        Raises `SourceCannotBeRead` where there are no files, or one lacks a column.
        """
        ...
