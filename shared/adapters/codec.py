"""The one place that turns the rooms' dataclasses into JSON and back (D2)."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from pydantic_core import ValidationError

from shared.kernel.announcements import Announcement
from shared.kernel.refusals import Nonsense

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


class UnknownChoice(Nonsense):
    """Nothing is wrong with it but a value, or a kind of thing, that only a newer version may know."""


MOST_PROBLEMS = 20
"""Problems named in one refusal: of a tree that is wrong at every step nobody reads thousands."""


@cache
def _adapter(of: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # noqa: PLC0415  # 30 ms of a cold start that reads nothing yet

    return TypeAdapter(of)


def to_json(value: object) -> bytes:
    """Spell a dataclass (or anything made of them) as JSON."""
    return _adapter(type(value)).dump_json(value)


def to_plain(value: object) -> Any:
    """Spell a dataclass as what `json` would load: dicts, lists, text, numbers."""
    return _adapter(type(value)).dump_python(value, mode="json")


def from_json(text: bytes | str, of: type[T], *, strangers: bool = True) -> T:
    """Read an `of` from JSON.

    `strangers=False`, for what people post, refuses fields it does not know and types that are merely alike:
    "3" is no number, and 1 is not true. Raises `Nonsense` with field paths, never the input (D17);
    `UnknownChoice` where only a newer version can know better.
    """
    try:
        return _adapter(of).validate_json(text, extra=None if strangers else "forbid", strict=not strangers)
    except ValidationError as error:
        raise _nonsense(error) from None


def from_plain(value: Any, of: type[T], *, strangers: bool = True, from_text: bool = False) -> T:
    """Read an `of` from plain dicts and lists; `from_text` also reads numbers and booleans spelt as text.

    Raises `Nonsense` as `from_json` does.
    """
    try:
        if from_text:
            return _adapter(of).validate_strings(value, extra=None if strangers else "forbid")
        return _adapter(of).validate_json(orjson.dumps(value), extra=None if strangers else "forbid")
    except ValidationError as error:
        raise _nonsense(error) from None


def json_schema(of: Any, *, template: str, mode: str = "validation") -> dict[str, Any]:
    """Describe an `of` as JSON Schema; `template` refers to its parts (`#/components/schemas/{model}`)."""
    return _adapter(of).json_schema(
        ref_template=template, mode="serialization" if mode == "serialization" else "validation"
    )


def announcement_body(announcement: Announcement, *, made_at: str) -> dict[str, Any]:
    """Spell an announcement as the body of the document that carries it until it is relayed (D5).

    `trace` is there only if it was made in some work that has a context.
    """
    subject, version = announcement.of
    return {
        "type": announcement.type,
        "named": announcement.named,
        "of": {"id": subject, "version": version},
        "due_at": announcement.due_at.isoformat() if announcement.due_at else None,
        "made_at": made_at,
        "content": to_plain(announcement.content),
        **({"trace": announcement.trace} if announcement.trace else {}),
    }


def _nonsense(error: ValidationError) -> Nonsense:
    from shared.adapters.choices import is_an_unknown_choice  # noqa: PLC0415  # only where something is wrong

    problems = error.errors(include_input=False, include_url=False, include_context=False)
    is_ahead = is_an_unknown_choice([(one["type"], one["loc"]) for one in problems])
    told = (
        (".".join(map(_step, one["loc"])) or "body", _problem(one["type"]))
        for one in problems[:MOST_PROBLEMS]
    )
    return UnknownChoice(*told) if is_ahead else Nonsense(*told)


def _step(part: int | str) -> str:
    """Name one step of a field path; a name that we did not choose could itself be a value (D17)."""
    return str(part) if isinstance(part, int) or re.fullmatch(r"[A-Za-z_]{1,40}", part) else "?"


def _problem(kind: str) -> str:
    """Say what is wrong by pydantic's name for it: its messages may quote a value, its names never do."""
    return kind.replace("_", " ")
