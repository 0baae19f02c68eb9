"""What matching needs from outside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from shared.matching.comparing import Plan, Prepared, SourceRecord
from shared.matching.definitions import Source
from shared.matching.model import PersonId, RecordRef


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
        self,
        plan: Plan,
        records: Iterable[Prepared],
        *,
        also: Sequence[tuple[int, int]],
        largest: int,
        keep_as: str | None = None,
    ) -> Linked:
        """Compare records by the plan's steps, put them into groups, and look for exceptions in these.

        `also` are pairs, the lower number first, that put records into one group whatever the steps say; they
        are none of the pairs found. The answer depends on the order of nothing. With `keep_as`, what was
        compared is kept under that name, and `Comparisons.keep` makes it whole.
        """
        ...


@dataclass(frozen=True, slots=True)
class Marked:
    """A record of a comparison, what its values are known again by, and whose it was found to be, if so."""

    ref: RecordRef
    mark: str
    person: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A person of a comparison: what they share with their household, and what an id could be made of."""

    id: PersonId
    of_several: bool
    household_key: str | None
    household: str | None
    id_key: str | None


@dataclass(frozen=True, slots=True)
class Former:
    """An id that is nobody's, the records it had last, and whose these are now."""

    id: PersonId
    refs: tuple[RecordRef, ...]
    merged_into: PersonId | None


@dataclass(frozen=True, slots=True)
class Touched:
    """What may not be as it was: records that are there or gone, and ids that any of them stood under.

    Nothing else hangs together with any of it: not by a pair, not by a person, not by a former id.
    """

    numbers: Sequence[int]
    gone: Sequence[RecordRef]
    persons: Sequence[PersonId]
    former: Sequence[PersonId]


class NothingKept(Exception):
    """Of the comparison asked for nothing is kept here, or not all of it."""


class ComparedAgain(Protocol):
    """A comparison that is taken up with other records; numbers are the places of those it was given."""

    @property
    def fresh(self) -> Sequence[int]:
        """Say which records were not there then, or otherwise."""
        ...

    def compare(self, plan: Plan, fresh: Iterable[Prepared]) -> None:
        """Compare the fresh ones with all. The plan must be the one that was compared by."""
        ...

    def touch(self, numbers: Sequence[int] = (), persons: Sequence[PersonId] = ()) -> Touched:
        """Give all that has to do with what is fresh, gone or named here or before."""
        ...

    def linked(self, also: Sequence[tuple[int, int]], *, largest: int) -> Linked:
        """Give of what is touched what `LinkEngine.link` would; `also` lie within it."""
        ...

    def counts(self) -> Mapping[str, tuple[int, int, int]]:
        """Count of all records, by the names of rules: pairs, records in them, and those in no other's."""
        ...

    def untouched(self) -> tuple[int, int]:
        """Count the persons who stand as they were, and those of several records among them."""
        ...

    def in_households(self, keys: Sequence[str]) -> Sequence[Placed]:
        """Give untouched persons who share these."""
        ...

    def with_id_keys(self, keys: Sequence[str]) -> Sequence[Placed]:
        """Give untouched persons who share these."""
        ...

    def keys_of(self, persons: Sequence[PersonId]) -> Sequence[Placed]:
        """Give persons as they were placed then."""
        ...

    def keep_as(
        self,
        name: str,
        *,
        whose: Mapping[int, PersonId],
        persons: Sequence[Placed],
        former: Sequence[Former],
    ) -> None:
        """Keep it under another name: of what is touched as told here, of persons named here as told too."""
        ...


class Comparisons(Protocol):
    """Keeps what a run has compared, for the next: a copy of the sources, the loss of which costs a full run.

    Names are `{matching}/{run}`. Of two who keep under one name, one is kept whole. May raise
    `TransientFault`, also where what a run had begun to keep has been dropped meanwhile.
    """

    def has(self, name: str) -> bool:
        """Say whether it is kept."""
        ...

    def keep(
        self,
        name: str,
        records: Iterable[Marked],
        persons: Iterable[Placed],
        former: Iterable[Former],
    ) -> None:
        """Make whole what the engine has begun to keep: records in the order of their numbers."""
        ...

    def again(self, name: str, records: Iterable[Marked]) -> AbstractContextManager[ComparedAgain]:
        """Take up a comparison with the records as they are now; raises `NothingKept`."""
        ...

    def drop_all(self, matching: str) -> None:
        """Take away all comparisons of a matching, also those that are not whole."""
        ...

    def drop_others(self, name: str) -> None:
        """Take away all other comparisons of the same matching."""
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
