"""What a source's columns hold, and which of its rows can be told apart (UN-1). No value is ever shown."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from shared.matching.comparing import SourceRecord
from shared.matching.definitions import Source


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """How many records have a value of a field, how many different ones there are, and how long they are.

    `most_shared` is by how many records the most frequent value is had: one that many share may be a default.
    """

    field: str
    filled: int
    distinct: int
    shortest: int
    longest: int
    most_shared: int


KeyKind = Literal["whole_number", "guid", "text"]
_WHOLE_NUMBER = re.compile(r"-?[0-9]+")
_GUID = re.compile(r"\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_ROUNDED = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)|-?[0-9]+\.[0-9]+|nan|-?inf", re.IGNORECASE)


class KeyProblem(StrEnum):
    """What is wrong with a source's keys: there is none, a row before has it, or it is no whole number.

    A key that is read as a fraction (`1.0`, `1e+16`) comes from a column in which two keys may be rounded to
    one.
    """

    MISSING = "key_missing"
    REPEATED = "key_repeated"
    FRACTION = "key_is_a_fraction"


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """What an owner of a source should mend, and in how many rows."""

    what: KeyProblem
    rows: int


@dataclass(frozen=True, slots=True)
class SourceProfile:
    """How many rows a source has; those without a key, or with one that was there before, are left out.

    `keys_are` what all of its keys are, nothing where there are none.
    """

    source: str
    rows: int
    records: int
    without_key: int
    repeated_keys: int
    columns: tuple[ColumnProfile, ...]
    keys_are: KeyKind | None = None
    problems: tuple[SourceProblem, ...] = ()


def told_apart(
    source: Source, rows: Iterable[SourceRecord]
) -> tuple[tuple[SourceRecord, ...], SourceProfile]:
    """Give a source's records in order of their keys, the first row of each key, and its profile."""
    found: dict[str, SourceRecord] = {}
    count = without_key = 0
    for row in rows:
        count += 1
        if row.ref.key.strip():
            found.setdefault(row.ref.key, row)
        else:
            without_key += 1
    records = tuple(found[key] for key in sorted(found))
    repeated = count - without_key - len(records)
    columns = tuple(_profiled(source, records))
    keys_are = _kind_of(found) if found else None
    problems = tuple(_problems(found, without_key, repeated))
    profile = SourceProfile(
        source.id, count, len(records), without_key, repeated, columns, keys_are, problems
    )
    return records, profile


def _kind_of(keys: Iterable[str]) -> KeyKind:
    kinds: set[KeyKind] = {_kind(key) for key in keys}
    return kinds.pop() if len(kinds) == 1 else "text"


def _kind(key: str) -> KeyKind:
    if _WHOLE_NUMBER.fullmatch(key):
        return "whole_number"
    return "guid" if _GUID.fullmatch(key) else "text"


def _problems(keys: Iterable[str], without_key: int, repeated: int) -> Iterator[SourceProblem]:
    rounded = sum(1 for key in keys if _ROUNDED.fullmatch(key))
    counted = (
        (KeyProblem.MISSING, without_key),
        (KeyProblem.REPEATED, repeated),
        (KeyProblem.FRACTION, rounded),
    )
    yield from (SourceProblem(what, rows) for what, rows in counted if rows)


def _profiled(source: Source, records: Iterable[SourceRecord]) -> Iterator[ColumnProfile]:
    for field in dict.fromkeys(column.of for column in source.columns):
        values = Counter(value for record in records if (value := record.values.get(field)))
        lengths = [len(value) for value in values]
        yield ColumnProfile(
            field=field,
            filled=values.total(),
            distinct=len(values),
            shortest=min(lengths, default=0),
            longest=max(lengths, default=0),
            most_shared=max(values.values(), default=0),
        )
