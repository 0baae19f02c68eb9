"""How indexed values are spelt so that every store sorts them alike."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

Sortable = str | int | float
Entries = Sequence[tuple[str, Sortable | None]]

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def sortable(value: Any) -> Sortable | None:
    """Spell a value so that times sort by instant, numbers by size, text by code point; None stays out."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, datetime):
        return instant_spelt(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _instant_or_text(value)
    return value if isinstance(value, int | float) else None


def values_of(body: Mapping[str, Any], fields: Iterable[str]) -> Entries:
    """Give what a body has under each dotted path."""
    return [(field, sortable(_at(body, field))) for field in fields]


def instant_spelt(instant: datetime) -> str:
    """Spell an instant in UTC and at one length. Raises `ValueError` for a naive one (a bug)."""
    if instant.tzinfo is None:
        message = "an instant without a zone is no instant"
        raise ValueError(message)
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _at(body: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(body, Mapping):
            return None
        body = body.get(step)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  # any JSON object
    return body  # pyright: ignore[reportUnknownVariableType]  # any JSON value


def _instant_or_text(text: str) -> str:
    if not _INSTANT.fullmatch(text):
        return text
    try:
        return instant_spelt(datetime.fromisoformat(text))
    except ValueError:  # it has the form, but there is no such day
        return text
