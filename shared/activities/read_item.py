"""Read an item of a source by its type's fields: pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from shared.activities.activity_types import Fields, Naming
from shared.activities.model import Happening
from shared.kernel.identity import PatientId
from shared.kernel.problems import Problem

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
PATIENT = re.compile(r"(?:Patient/)?([A-Za-z0-9.-]{1,64})")
ADDRESS = re.compile(r"https?://[^\s\\]+")
LONGEST_KEY, LONGEST_EVENT, LONGEST_DETAIL, LONGEST_URL = 200, 100, 2000, 2000
YEARS = range(1900, 2200)


@dataclass(frozen=True, slots=True)
class Item:
    """What an item says of whoever it names: `named` is spelt as its type's `Naming` has it."""

    named: str
    key: str
    at: datetime
    as_of: datetime
    event: str | None = None
    detail: str | None = None
    url: str | None = None

    def of(self, patient_id: PatientId) -> Happening:
        return Happening(self.key, patient_id, self.at, self.as_of, self.event, self.detail, self.url)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an item says, or what is wrong with it: the type's names for fields, and never a value."""

    item: Item | None
    problems: tuple[Problem, ...] = ()


def read_item(item: Mapping[str, Any], fields: Fields, naming: Naming) -> Reading:
    """Read one item; a field that is not asked for is passed over."""
    reader = _Reader(item, fields)
    key = reader.take("key", _key)
    named = reader.take("patient", lambda given: _named(given, naming))
    at = reader.take("at", _instant)
    modified_at = reader.look("modified_at", _instant)
    event = reader.look("event", lambda given: _words(given, LONGEST_EVENT))
    detail = reader.look("detail", lambda given: _words(given, LONGEST_DETAIL))
    url = reader.look("url", _address)
    if reader.problems or key is None or named is None or at is None:
        return Reading(None, tuple(reader.problems))
    return Reading(Item(named, key, at, modified_at or at, event, detail, url))


@dataclass(frozen=True, slots=True)
class _Reader:
    item: Mapping[str, Any]
    fields: Fields
    problems: list[Problem] = field(default_factory=list[Problem])

    def take(self, name: str, read: Callable[[Any], Any]) -> Any:
        """Read what must be there."""
        if self._at(name) is None:
            self.problems.append((name, "missing"))
            return None
        return self.look(name, read)

    def look(self, name: str, read: Callable[[Any], Any]) -> Any:
        """Read what may be there; what cannot be read is a problem, not nothing."""
        given = self._at(name)
        if given is None:
            return None
        found = read(given)
        if found is None:
            self.problems.append((name, "cannot be read"))
        return found

    def _at(self, name: str) -> Any:
        path = getattr(self.fields, name)
        place: Any = self.item if path is not None else None
        for step in path.split(".") if path is not None else ():
            place = cast("Mapping[str, Any]", place).get(step) if isinstance(place, Mapping) else None
        return None if place == "" else place


def _key(given: Any) -> str | None:
    text = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    return _words(text, LONGEST_KEY)


def _named(given: Any, naming: Naming) -> str | None:
    """Read whom it names: an id, a source's own key, or an identifier as `system|value`."""
    if naming.by == "source_key":
        return _key(given)
    if naming.by != "identifier":
        found = PATIENT.fullmatch(given) if isinstance(given, str) else None
        return found[1] if found else None
    text = _key(given)
    if text is None:
        return None
    system, _, value = text.rpartition("|") if naming.system is None else (naming.system, "", text)
    return f"{system}|{value}" if system and value and "|" not in value else None


def _instant(given: Any) -> datetime | None:
    """Read a time with its offset; one without says nothing certain."""
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else None
        if found is None or found.tzinfo is None or found.year not in YEARS:
            return None
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _words(given: Any, longest: int) -> str | None:
    if not isinstance(given, str) or len(given) > longest or CONTROLS.search(given):
        return None
    return given.strip() or None


def _address(given: Any) -> str | None:
    text = _words(given, LONGEST_URL)
    return text if text and ADDRESS.fullmatch(text) else None
