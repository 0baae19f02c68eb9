"""What a source's columns hold, and which of its rows can be told apart (UN-1). No value is ever shown."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class SourceProfile:
    """How many rows a source has; those without a key, or with one that was there before, are left out."""

    source: str
    rows: int
    records: int
    without_key: int
    repeated_keys: int
    columns: tuple[ColumnProfile, ...]


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
    return records, SourceProfile(source.id, count, len(records), without_key, repeated, columns)


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
