"""What a template may say of an event: its attributes, and fields of FHIR R4 resources (FH-11)."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, UndefinedError

from shared.fhir.elements import found_at

Parts = Mapping[str, Any]


class Missing(StrictUndefined):
    """What is not there, and all that is asked of it: a default takes its place, or nothing is sent."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, name: object) -> "Missing":
        return self


class Shown:
    """An object or a list, whose fields a template asks for by their names; in text, what people read of it.

    Of a list that is asked for a field the first that has it answers. A time is shown as the clock has it in
    a zone, so that `day` and `clock` write it in the reader's language.
    """

    __slots__ = ("_value", "_zone")

    def __init__(self, value: Any, zone: str) -> None:
        self._value: Any = value
        self._zone = zone

    def __getitem__(self, name: str | int) -> Any:
        if isinstance(name, int):
            of = cast("object", self._value)
            values = cast("list[Any]", of) if isinstance(of, list) else []
            return shown(values[name], self._zone) if -len(values) <= name < len(values) else Missing()
        return shown(next(found_at(self._value, [name]), None), self._zone)

    def __iter__(self) -> Iterator[Any]:
        """Go through a list; an object has nothing to go through, and is missed like what is not there."""
        of = cast("object", self._value)
        if not isinstance(of, list):
            raise UndefinedError
        return (shown(one, self._zone) for one in cast("list[Any]", of))

    def __str__(self) -> str:
        """Say it in words; what has none is missed like anything that is not there."""
        text = _text(self._value, self._zone)
        if not text:
            raise UndefinedError
        return text

    def __repr__(self) -> str:
        return "<shown>"


def shown(value: Any, zone: str) -> Any:
    """Give a value as a template is to have it: truth and numbers as such, times as the clock shows them."""
    if value is None or value in ("", [], {}):
        return Missing()
    if isinstance(value, dict | list):
        return Shown(value, zone)
    return _local(value, zone) if isinstance(value, str) else value


def _local(text: str, zone: str) -> str:
    """Show a time with an offset on the zone's own clock; any other text is itself."""
    if "T" not in text[:11]:
        return text
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return text
    if read.tzinfo is None:
        return text
    try:
        return read.astimezone(UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    except OverflowError:
        return text


def _text(value: Any, zone: str) -> str:
    if isinstance(value, list):
        return ", ".join(text for one in cast("list[Any]", value) if (text := _text(one, zone)))
    if isinstance(value, dict):
        parts = cast("Parts", value)
        return next((text for of in _WORDS if (text := of(parts, zone))), "")
    return "" if value is None else str(shown(value, zone))


def _said(parts: Parts, _: str) -> str:
    """Read what is written for people: of a CodeableConcept, a name, an address, a note, a reference."""
    return next((text for word in ("text", "display") if isinstance(text := parts.get(word), str)), "")


def _coded(parts: Parts, zone: str) -> str:
    codings = parts.get("coding")
    words = (_said(one, zone) for one in cast("list[Any]", codings)) if isinstance(codings, list) else ()
    return next(filter(None, words), "")


def _named(parts: Parts, zone: str) -> str:
    words = [_text(parts.get("given"), zone).replace(", ", " "), _text(parts.get("family"), zone)]
    return " ".join(filter(None, words))


def _measured(parts: Parts, zone: str) -> str:
    value = parts.get("value")
    if value is None:
        return ""
    is_quantity = not isinstance(value, str)
    words = (parts.get("comparator") if is_quantity else "", value, parts.get("unit") if is_quantity else "")
    return " ".join(_text(word, zone) for word in words if word not in (None, ""))


def _lasting(parts: Parts, zone: str) -> str:
    return " \u2013 ".join(filter(None, (_text(parts.get(word), zone) for word in ("start", "end"))))


def _lived_at(parts: Parts, zone: str) -> str:
    return ", ".join(filter(None, (_text(parts.get(word), zone) for word in ("line", "postalCode", "city"))))


_WORDS: tuple[Callable[[Parts, str], str], ...] = (_said, _coded, _named, _measured, _lasting, _lived_at)
