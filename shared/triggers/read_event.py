"""Read what is told of a custom trigger by its attributes (FH-11, JO-5): pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from shared.fhir.references import reference_of
from shared.kernel.identity import PatientId
from shared.kernel.problems import Problem
from shared.triggers.custom import Attribute, AttributeType, CustomTrigger, Given

LONGEST_TEXT, LONGEST_KEY = 1000, 200
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Unreadable(ValueError):
    """It is not what the attribute holds; the text says what it should have been."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it was told, read: whose it is, what it says, and which resources it refers to."""

    key: str
    patient_id: PatientId
    at: datetime
    given: dict[str, Given]
    references: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What an event says, or what is wrong with it: names of fields, and never a value."""

    told: Told | None
    problems: tuple[Problem, ...] = ()


def read_event(event: Mapping[str, Any], trigger: CustomTrigger, now: datetime) -> Reading:
    """Read one event; an attribute that is null is as good as absent, and none may be strange."""
    problems: list[Problem] = []
    key, attributes = event.get("id"), event.get("attributes")
    if not isinstance(key, str) or not key.strip() or len(key) > LONGEST_KEY or _CONTROLS.search(key):
        problems.append(("id", "not from 1 to 200 printable characters"))
    at = _when(event, now, problems)
    if not isinstance(attributes, Mapping):
        return Reading(None, (*problems, ("attributes", "missing")))
    problems += [
        (name, "not a field of an event") for name in event if name not in ("id", "at", "attributes")
    ][:1]
    given = _given(attributes, trigger, problems)  # pyright: ignore[reportUnknownArgumentType]  # any JSON may stand here
    if problems:
        return Reading(None, tuple(problems))
    kinds = {one.name: one.type for one in trigger.attributes}
    references = {name: str(value) for name, value in given.items() if kinds[name] == "reference"}
    whose = PatientId(references[trigger.audience].removeprefix("Patient/"))
    said = {name: value for name, value in given.items() if name not in references}
    return Reading(Told(str(key), whose, at, said, references))


def _when(event: Mapping[str, Any], now: datetime, problems: list[Problem]) -> datetime:
    if event.get("at") is None:
        return now
    try:
        return min(datetime.fromisoformat(str(_date_time(event["at"]))).astimezone(UTC), now)
    except (Unreadable, OverflowError):
        problems.append(("at", "not a time with its offset"))
        return now


def _given(
    attributes: Mapping[str, Any], trigger: CustomTrigger, problems: list[Problem]
) -> dict[str, Given]:
    known = {one.name: one for one in trigger.attributes}
    if not attributes.keys() <= known.keys():
        problems.append(("attributes", "one that the trigger has not"))
    given: dict[str, Given] = {}
    for name, one in known.items():
        value = attributes.get(name)
        if value is None:
            if one.is_required:
                problems.append((f"attributes.{name}", "missing"))
            continue
        try:
            given[name] = read_attribute(value, one)
        except Unreadable as problem:
            problems.append((f"attributes.{name}", str(problem)))
    return given


def read_attribute(value: Any, one: Attribute) -> Given:
    """Read what is given for an attribute. Raises `Unreadable`."""
    return _reference(value, one.of or "") if one.type == "reference" else _READ[one.type](value)


def _string(value: Any) -> Given:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or _CONTROLS.search(value):
        msg = "not a text of up to 1000 printable characters"
        raise Unreadable(msg)
    return value


def _number(value: Any) -> Given:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        msg = "not a number"
        raise Unreadable(msg)
    return value


def _boolean(value: Any) -> Given:
    if not isinstance(value, bool):
        msg = "neither true nor false"
        raise Unreadable(msg)
    return value


def _date(value: Any) -> Given:
    try:
        if isinstance(value, str) and len(value) == len("2026-03-30"):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    msg = "not a date"
    raise Unreadable(msg)


def _date_time(value: Any) -> Given:
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        msg = "not a time with its offset"
        raise Unreadable(msg)
    return read.isoformat()


def _reference(value: Any, of: str) -> Given:
    """Read `Type/id`, of that type and in this record: other spellings may name something elsewhere."""
    if isinstance(value, Mapping):
        msg = "an object, as a logical reference is; give it as Type/id"
        raise Unreadable(msg)
    read = reference_of(value) if isinstance(value, str) else None
    if read is None:
        msg = "not a reference as Type/id"
    elif read.base:
        msg = "an absolute reference; give it as Type/id"
    elif read.version:
        msg = "a reference to one version; give it as Type/id"
    elif read.type != of:
        msg = "a reference to another type of resource"
    else:
        return read.text
    raise Unreadable(msg)


_READ: Mapping[AttributeType, Callable[[Any], Given]] = {
    "string": _string,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "dateTime": _date_time,
}
