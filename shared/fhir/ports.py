"""The clinical record: any FHIR R4 server (D7)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.kernel.refusals import NotFound, Refusal, Stale

Resource = dict[str, Any]
"""A FHIR resource as read, a JSON object.

Patch the dict you read: models rewrite times and decimals (fhir.md §3).
"""


class VersionMismatch(Stale):
    """The resource has been changed since it was read."""  # 412, FHIR R4 http.html#concurrency


class HistoryIsNotKept(NotFound):
    """The record keeps no former versions of such resources, or does not show them."""


class MarkNotKnown(Refusal):
    """The record has not given this mark; whoever follows its changes begins anew."""


@dataclass(frozen=True, slots=True)
class Write:
    """One entry of a transaction.

    `method` is POST, PUT or DELETE; `if_match` the integer version that must still be current.
    """

    method: str
    type: str
    id: str | None
    resource: Resource | None = None
    if_match: int | None = None
    if_none_exist: str | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of a search: matches, what was included beside them, and the link to the next page."""

    matches: tuple[Resource, ...]
    included: tuple[Resource, ...] = ()
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class SearchParameters:
    """A search as its query string would have it; a name may occur several times."""

    pairs: Sequence[tuple[str, str]] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Found:
    """What reading several at once found.

    `gone` are those known to have been deleted. Whatever is in neither never was, is not visible yet, or was
    deleted without a trace.
    """

    resources: Mapping[tuple[str, str], Resource]
    gone: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a mark, each resource as it is now, once; `mark` is where to go on.

    `gone` names what is deleted now. `is_all` says that nothing more had changed when this was asked.
    `imported` names those of them that changed by nothing but an import, where the record can tell: they are
    history, and start nothing (D7).
    """

    resources: tuple[Resource, ...]
    gone: tuple[tuple[str, str], ...]
    mark: str
    is_all: bool
    imported: frozenset[tuple[str, str]] = frozenset()


class Reading(Protocol):
    """Reads FHIR R4 resources one by one. May raise `TransientFault`."""

    def read(self, type: str, id: str) -> Resource:  # noqa: A002  # FHIR's own words
        """Give the current version. Raises `NotFound` if it never was, `Gone` if it was deleted."""
        ...


class ClinicalRecord(Reading, Protocol):
    """Reads and writes FHIR R4 resources as dicts. Every method may raise `TransientFault`."""

    def read_many(self, references: Sequence[tuple[str, str]]) -> Found:
        """Give the current versions of those that are there, and tell which are gone."""
        ...

    def search(self, type: str, parameters: SearchParameters, *, page: str | None = None) -> SearchPage:  # noqa: A002  # FHIR's own words
        """Search one type; `page` is a former page's `next`.

        Raises `Nonsense` for a parameter that the server does not know: passed over, it would find too much.
        """
        ...

    def transaction(self, writes: Sequence[Write]) -> Sequence[Resource | None]:
        """Do all or nothing; give each resource as stored (None for a deletion).

        Raises `VersionMismatch` (412) or `LostRace` (409), both of which mean *begin again*.
        """
        ...

    def history(self, type: str, id: str) -> Iterator[Resource]:  # noqa: A002  # FHIR's own words
        """Give all versions, newest first; a deletion is missing.

        Raises `NotFound`, of which `HistoryIsNotKept` is one.
        """
        ...

    def mark_now(self, types: Collection[str]) -> str:
        """Give a mark after which only what changes from now on is told, without a look at what there is."""
        ...

    def changes(self, after: str | None, *, types: Collection[str], limit: int = 1000) -> Changes:
        """Give what has changed in some types since a former answer's `mark`; from the beginning with None.

        Nothing is left out, whatever the clocks said and whether imported or not; something may come again.
        `limit` bounds the changes looked at, of whatever type. Of no types at all, nothing is given but where
        to go on: where a record numbers its changes, followed to its end, that is the mark of all there is
        now. Raises `MarkNotKnown`.
        """
        ...
