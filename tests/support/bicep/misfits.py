"""Why a value is not what is wanted."""

import re
from collections.abc import Iterator

from tests.support.bicep.shapes import (
    Choice,
    Field,
    Many,
    Nothing,
    Number,
    Shape,
    Text,
    Thing,
    Unknown,
    Variants,
    in_words,
)


def misfit(given: Shape, wanted: Shape) -> str | None:
    """Say why one is not the other; None when it is, or when nobody can know."""
    if isinstance(given, Unknown | Nothing) or isinstance(wanted, Unknown):
        return None
    return next(_reasons(given, wanted), None)


def _reasons(given: Shape, wanted: Shape) -> Iterator[str]:
    match given, wanted:
        case Choice(), Choice() | Text() | Number():
            yield from _choices(given, wanted)
        case ((Text() | Number()), Choice()):
            kind = str if isinstance(given, Text) else int
            if not wanted.is_open or any(type(value) is not kind for value in wanted.values):
                yield _instead(given, wanted)
        case Text(), Text():
            yield from _other_text(given, wanted)
        case Many(), Many():
            yield from _maybe(misfit(given.of, wanted.of))
        case Thing(), Thing():
            yield from _other_thing(given, wanted)
        case _ if _sort(given) is not _sort(wanted):
            yield _instead(given, wanted)
        case _:
            pass


def _sort(shape: Shape) -> type[Shape]:
    return Thing if isinstance(shape, Variants) else type(shape)


def _choices(given: Choice, wanted: Choice | Text | Number) -> Iterator[str]:
    match wanted:
        case Choice():
            yield from _other_choices(given, wanted)
        case Text():
            yield from _choices_as_text(given, wanted)
        case Number():
            yield from _choices_as_number(given, wanted)


def _maybe(reason: str | None) -> Iterator[str]:
    if reason:
        yield reason


def _instead(given: Shape, wanted: Shape) -> str:
    return f"wants {in_words(wanted)}, not {in_words(given)}"


def _other_choices(given: Choice, wanted: Choice) -> Iterator[str]:
    """Azure reads open choices without looking at capitals."""
    allowed = {_spelt(value, wanted) for value in wanted.values}
    for value in given.values:
        if _spelt(value, wanted) not in allowed:
            yield f"cannot be {value!r}: wants {in_words(wanted)}"


def _spelt(value: str | int, wanted: Choice) -> str | int:
    return value.lower() if wanted.is_open and isinstance(value, str) else value


def _choices_as_text(given: Choice, wanted: Text) -> Iterator[str]:
    for value in given.values:
        if isinstance(value, str):
            yield from _other_text(Text(len(value), len(value), sample=value), wanted)
        else:
            yield _instead(given, wanted)


def _other_text(given: Text, wanted: Text) -> Iterator[str]:
    if given.longest is not None and wanted.longest is not None and given.longest > wanted.longest:
        yield f"may be {given.longest} letters long, and {wanted.longest} are the most"
    if given.longest is not None and wanted.shortest is not None and given.longest < wanted.shortest:
        yield f"is {given.longest} letters long, and {wanted.shortest} are the least"
    if wanted.pattern and given.sample and not re.search(wanted.pattern, given.sample):
        yield f"is spelt as {given.sample!r}, which Azure does not take ({wanted.pattern})"


def _choices_as_number(given: Choice, wanted: Number) -> Iterator[str]:
    for value in given.values:
        if not isinstance(value, int):
            yield _instead(given, wanted)
        elif wanted.least is not None and value < wanted.least:
            yield f"cannot be {value}: it goes from {wanted.least}"
        elif wanted.most is not None and value > wanted.most:
            yield f"cannot be {value}: it goes to {wanted.most}"


def _other_thing(given: Thing, wanted: Thing) -> Iterator[str]:
    for name, one in given.fields.items():
        if name in wanted.fields:
            reason = misfit(one.shape, wanted.fields[name].shape)
            yield from _maybe(f"{name} {reason}" if reason else None)
        elif wanted.more is None:
            yield f"has {name}, which {wanted.name} does not know"
    for name, one in wanted.fields.items():
        held = given.fields.get(name, Field(Unknown()))
        if one.required and given.fields and given.more is None and not held.required:
            yield f"lacks {name}"
