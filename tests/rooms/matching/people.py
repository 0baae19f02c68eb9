"""Records by field, sources that are lists of them, and a slow evaluator to hold the engine to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from shared.matching.comparing import Plan, Prepared, SourceRecord, Step, Test
from shared.matching.definitions import WELL_KNOWN, Column, Source
from shared.matching.model import Meaning, RecordRef
from shared.matching.ports import FoundPair, Linked, RecordSources

COLUMNS = (
    Column("given", Meaning.FIRST_NAME),
    Column("family", Meaning.LAST_NAME),
    Column("born", Meaning.BIRTH_DATE),
    Column("phone", Meaning.PHONE),
    Column("mail", Meaning.EMAIL),
    Column("line", Meaning.ADDRESS),
    Column("postcode", Meaning.POSTCODE),
    Column("number", Meaning.IDENTIFIER),
)
ADA = {
    "first_name": "Ada",
    "last_name": "O'Brien",
    "birth_date": "1990-01-02",
    "phone": "+44 113 496 0001",
    "postcode": "LS1 4AP",
    "address": "1 Mill Lane",
}


def record(source: str, key: str, values: Mapping[str, str] = ADA, **other: str) -> SourceRecord:
    """Give a record as somebody's, but for what is named."""
    return SourceRecord(RecordRef(source, key), {**values, **other})


@dataclass(frozen=True, slots=True)
class Lists(RecordSources):
    """Sources that are lists of records."""

    rows: Sequence[SourceRecord]

    def records(self, source: Source) -> Iterator[SourceRecord]:
        return (row for row in self.rows if row.ref.source == source.id)


def slowly_linked(plan: Plan, records: Sequence[Prepared], also: Sequence[tuple[int, int]] = ()) -> Linked:
    """Compare everybody with everybody, as the rules are worded."""
    known: dict[tuple[int, str | None], int] = {}
    for one in records:
        for place, value in enumerate(one.values):
            known[place, value] = known.get((place, value), 0) + 1
    pairs = [
        FoundPair(left.number, right.number, first)
        for left, right in combinations(sorted(records, key=lambda one: one.number), 2)
        for first in [
            next((n for n, step in enumerate(plan.steps) if _joins(step, left, right, known)), None)
        ]
        if first is not None
    ]
    groups = _hanging([*((pair.left, pair.right) for pair in pairs), *also])
    numbered = {one.number: one for one in records}
    apart = [
        (left, right)
        for group in groups
        for left, right in combinations(group, 2)
        if any(_hold(step, numbered[left], numbered[right], known) for step in plan.exceptions)
    ]
    return Linked(pairs, groups, sorted(apart))


def _joins(step: Step, left: Prepared, right: Prepared, known: Mapping[tuple[int, str | None], int]) -> bool:
    sources = {left.source, right.source}
    scope = step.within if len(sources) == 1 else step.between
    return max(sources) in scope and _hold(step, left, right, known)


def _hold(step: Step, left: Prepared, right: Prepared, known: Mapping[tuple[int, str | None], int]) -> bool:
    return all(_holds(test, left, right, known) for test in step.tests)


def _holds(test: Test, left: Prepared, right: Prepared, known: Mapping[tuple[int, str | None], int]) -> bool:
    one, other = left.values[test.spelling], right.values[test.spelling]
    if one is None or other is None:
        return test.differs and test.or_missing
    alike = one == other or _score(one, other) >= test.percent
    if not test.differs:
        return alike
    if test.unless_slip and one != other:
        times = sorted((known[test.spelling, one], known[test.spelling, other]))
        return not (alike and times[0] == 1 and times[1] >= WELL_KNOWN)
    return not alike


def _score(one: str, other: str) -> float:
    if not (one.isascii() and other.isascii()):
        return 100.0 if one == other else -1.0
    longest = max(len(one), len(other))
    return 100 * (longest - _distance(one, other)) / longest


@cache
def _distance(one: str, other: str) -> int:
    """Count edits as the definition has it."""
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return _distance(one[1:], other[1:])
    return 1 + min(_distance(one[1:], other), _distance(one, other[1:]), _distance(one[1:], other[1:]))


def _hanging(edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    groups: list[set[int]] = []
    for edge in edges:
        touched = [group for group in groups if group & set(edge)]
        groups = [group for group in groups if group not in touched] + [set(edge).union(*touched)]
    return sorted(sorted(group) for group in groups)
