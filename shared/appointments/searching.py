"""Searches of the record that need all there is: page after page, a thousand at a time."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters

_AT_ONCE = 1000
_NAMES_AT_ONCE = 50
"""How many references stand in one search: addresses have an end."""


def every(record: ClinicalRecord, type_: str, *pairs: tuple[str, str]) -> Iterator[Resource]:
    """Give all resources of a type that meet the criteria."""
    asked, page = SearchParameters((*pairs, ("_count", str(_AT_ONCE)))), None
    while True:
        found = record.search(type_, asked, page=page)
        yield from found.matches
        page = found.next
        if page is None:
            return


def every_with(
    record: ClinicalRecord, type_: str, name: str, references: Iterable[str], *pairs: tuple[str, str]
) -> Iterator[Resource]:
    """Give all that refer, by the parameter `name`, to at least one of the references."""
    seen: set[str] = set()
    for some in _batches(sorted(set(references))):
        for resource in every(record, type_, (name, ",".join(some)), *pairs):
            if resource["id"] not in seen:
                seen.add(resource["id"])
                yield resource


def between(name: str, start: datetime, end: datetime) -> tuple[tuple[str, str], tuple[str, str]]:
    """Ask for what begins from `start` on and before `end`."""
    return (name, f"ge{_spelt(start)}"), (name, f"lt{_spelt(end)}")


def _spelt(moment: datetime) -> str:
    """Spell it in UTC with a Z: a plus sign would have to be escaped."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), _NAMES_AT_ONCE):
        yield names[first : first + _NAMES_AT_ONCE]
