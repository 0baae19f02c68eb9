"""What a FHIR server tells its subscribers of topics, as R4 carries R5's (fhir.md §2.2, FH-9)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from shared.fhir.references import reference_of
from shared.kernel.refusals import Nonsense
from shared.triggers.model import Happened

Kind = Literal["handshake", "heartbeat", "event-notification", "query-status", "query-event"]
MOST_EVENTS = 90
"""Events of one notification that are told one by one; of more than that, the record itself is asked."""

_NUMBER = re.compile(r"[0-9]{1,18}")
_BY_METHOD: Mapping[str, Happened] = {
    "POST": "created",
    "PUT": "updated",
    "PATCH": "updated",
    "DELETE": "deleted",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its number, and the resource in focus, unless the notification is empty."""

    number: int
    at: datetime | None
    focus: str | None
    version: int | None = None
    happened: Happened | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """What one bundle says. `so_far` counts all events since the subscription began."""

    kind: Kind
    subscription: str
    status: str
    so_far: int | None
    events: Sequence[Event]

    @property
    def highest(self) -> int:
        """Give the greatest number that it knows of."""
        return max((self.so_far or 0, *(event.number for event in self.events)))


def notification(bundle: Mapping[str, Any]) -> Notification:
    """Read one; raise `Nonsense` with field paths, never with values."""
    if bundle.get("type") not in ("history", "subscription-notification"):
        raise Nonsense(("type", "must be history"))
    entries = _listed(bundle.get("entry"))
    status = _mapping(entries[0].get("resource") if entries else None)
    spelt: Sequence[Mapping[str, Any]]
    match status.get("resourceType"):
        case "Parameters":
            held, spelt = _parameters(status), _listed(status.get("parameter"))
            events = [
                _parameters({"parameter": one.get("part")})
                for one in spelt
                if one.get("name") == "notification-event"
            ]
        case "SubscriptionStatus":
            held = {_dashed(name): value for name, value in status.items()}
            spelt = _listed(status.get("notificationEvent"))
            events = [{_dashed(name): value for name, value in one.items()} for one in spelt]
        case _:
            raise Nonsense(("entry[0].resource", "must be Parameters or SubscriptionStatus"))
    kind = _text(held.get("type"))
    if kind not in get_args(Kind):
        raise Nonsense(("type", "not a kind of notification"))
    focused = {one.get("fullUrl"): one for one in entries[1:] if isinstance(one.get("fullUrl"), str)}
    return Notification(
        kind=cast("Kind", kind),
        subscription=_reference(held.get("subscription"), "subscription"),
        status=_text(held.get("status")),
        so_far=_number(held.get("events-since-subscription-start"), "events-since-subscription-start"),
        events=[_event(place, one, focused) for place, one in enumerate(events)],
    )


def _event(place: int, held: Mapping[str, Any], entries: Mapping[Any, Mapping[str, Any]]) -> Event:
    path = f"notification-event[{place}]"
    number = _number(held.get("event-number"), f"{path}.event-number")
    if number is None:
        raise Nonsense((f"{path}.event-number", "missing"))
    at = _instant(held.get("timestamp"), f"{path}.timestamp")
    if held.get("focus") is None:
        return Event(number, at, None)
    focus = _reference(held["focus"], f"{path}.focus")
    entry = entries.get(focus, {})
    version = _mapping(_mapping(entry.get("resource")).get("meta")).get("versionId")
    read = reference_of(focus)
    named = version if isinstance(version, str) else read.version if read else None
    return Event(
        number,
        at,
        focus,
        int(named) if named is not None and _NUMBER.fullmatch(named) else None,
        _BY_METHOD.get(_text(_mapping(entry.get("request")).get("method"))),
    )


def _parameters(held: Mapping[str, Any]) -> dict[str, Any]:
    """Give each parameter's value by its name, whatever type the value is said to have."""
    return {
        str(one.get("name")): next((value for name, value in one.items() if name.startswith("value")), None)
        for one in _listed(held.get("parameter"))
    }


def _dashed(name: str) -> str:
    """Spell an element of SubscriptionStatus as R4's Parameters spell it."""
    return re.sub(r"(?<!^)([A-Z])", lambda at: f"-{at[1].lower()}", name)


def _number(value: Any, path: str) -> int | None:
    """Read a number, which R4 carries as text, and others as numbers."""
    if value is None:
        return None
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise Nonsense((path, "not a number"))
    return int(text)


def _instant(value: Any, path: str) -> datetime | None:
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        raise Nonsense((path, "not an instant")) from None


def _reference(value: Any, path: str) -> str:
    text = _mapping(value).get("reference")
    if not isinstance(text, str) or not text:
        raise Nonsense((f"{path}.reference", "missing"))
    return text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return list(_mappings(value))


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    for one in cast("list[Any]", value) if isinstance(value, list) else ():
        if isinstance(one, Mapping):
            yield cast("Mapping[str, Any]", one)
