"""Searches of the record that need all there is: page after page, a thousand at a time unless told."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters

_AT_ONCE = 1000
_NAMES_AT_ONCE = 50
"""How many references stand in one search: addresses have an end."""


def every(
    record: ClinicalRecord, type_: str, *pairs: tuple[str, str], at_once: int = _AT_ONCE
) -> Iterator[Resource]:
    """Give all resources of a type that meet the criteria; no page is read before it is come to."""
    asked, page = SearchParameters((*pairs, ("_count", str(at_once)))), None
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
    for some in batches(references):
        for resource in every(record, type_, (name, some), *pairs):
            if resource["id"] not in seen:
                seen.add(resource["id"])
                yield resource


def between(name: str, start: datetime, end: datetime) -> tuple[tuple[str, str], tuple[str, str]]:
    """Ask for what begins from `start` on and before `end`."""
    return (name, f"ge{_spelt(start)}"), (name, f"lt{_spelt(end)}")


def since(name: str, start: datetime) -> tuple[str, str]:
    """Ask for what is not over by then."""
    return name, f"ge{_spelt(start)}"


def batches(references: Iterable[str]) -> Iterator[str]:
    """Spell references for as many searches as it takes."""
    names: Sequence[str] = sorted(set(references))
    for first in range(0, len(names), _NAMES_AT_ONCE):
        yield ",".join(names[first : first + _NAMES_AT_ONCE])


def _spelt(moment: datetime) -> str:
    """Spell it in UTC with a Z: a plus sign would have to be escaped."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
