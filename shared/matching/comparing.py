"""What of the records is compared, and in which steps."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.matching.definitions import (
    FIRST_NAME,
    FULL_NAME,
    LAST_NAME,
    Condition,
    MatchingDraft,
    Rule,
    spelling_of,
)
from shared.matching.model import RecordRef, Why
from shared.matching.normalising import Normalisation, normalised
from shared.matching.scoring import score
from shared.matching.usual_rules import dedupe_rules, exceptions, match_rules


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A record by fields, as its source has it; `updated` is a time that sorts as text."""

    ref: RecordRef
    values: Mapping[str, str]
    updated: str | None = None


@dataclass(frozen=True, slots=True)
class Spelling:
    """A field, spelt in one way."""

    field: str
    by: tuple[Normalisation, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """A condition upon one of the plan's spellings, by its place among them."""

    spelling: int
    percent: int
    differs: bool = False
    or_missing: bool = False
    unless_slip: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Tests that must all hold, within some sources and between some (as the later one) and earlier ones.

    `place` is the rule's among its source's: the lower one is tried first.
    """

    name: str
    place: int
    tests: tuple[Test, ...]
    within: tuple[int, ...] = ()
    between: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A definition as it is evaluated: sources are numbers, in their order."""

    spellings: tuple[Spelling, ...]
    steps: tuple[Step, ...]
    exceptions: tuple[Step, ...]
    sources: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record as it is compared: its number, its source's number, and a value for each spelling."""

    number: int
    source: int
    values: tuple[str | None, ...]


def plan_of(draft: MatchingDraft) -> Plan:
    """Put rules of all sources that are the same into one step."""
    spellings: dict[Spelling, int] = {}
    scopes: dict[tuple[int, Rule], tuple[list[int], list[int]]] = {}
    for number, source in enumerate(draft.sources):
        for place, rule in enumerate(dedupe_rules(draft, source)):
            scopes.setdefault((place, rule), ([], []))[0].append(number)
        for place, rule in enumerate(match_rules(draft, source) if number else ()):
            scopes.setdefault((place, rule), ([], []))[1].append(number)

    def tested(condition: Condition) -> Test:
        spelling = Spelling(condition.field, spelling_of(draft.sources, condition))
        place = spellings.setdefault(spelling, len(spellings))
        return Test(place, condition.percent, condition.differs, condition.or_missing, condition.unless_slip)

    def step(rule: Rule, place: int, within: Iterable[int] = (), between: Iterable[int] = ()) -> Step:
        tests = tuple(tested(condition) for condition in rule.conditions)
        return Step(rule.name, place, tests, tuple(within), tuple(between))

    steps = [step(rule, place, *scope) for (place, rule), scope in scopes.items()]
    apart = [step(rule, place) for place, rule in enumerate(exceptions(draft))]
    in_order = sorted(steps, key=lambda one: one.place)
    return Plan(tuple(spellings), tuple(in_order), tuple(apart), len(draft.sources))


class Preparer:
    """Spells records as a plan compares them."""

    def __init__(self, draft: MatchingDraft, plan: Plan) -> None:
        self._plan = plan
        self._sources = {source.id: number for number, source in enumerate(draft.sources)}
        self._aliases = {(one.field, one.value): one.means for one in draft.aliases}
        self._ignored = {(one.field, one.value) for one in draft.bypass}

    def all(self, records: Sequence[SourceRecord]) -> Iterator[Prepared]:
        """Spell every record; its number is its place."""
        return (self.one(number, record) for number, record in enumerate(records))

    def one(self, number: int, record: SourceRecord) -> Prepared:
        values = tuple(self._spelt(record, spelling) for spelling in self._plan.spellings)
        return Prepared(number, self._sources[record.ref.source], values)

    def why(self, step: Step, left: SourceRecord, right: SourceRecord) -> Why:
        """Say by which rule two records are alike, and how much in each field."""
        scores: dict[str, int] = {}
        for test in step.tests:
            spelling = self._plan.spellings[test.spelling]
            one, other = self._spelt(left, spelling), self._spelt(right, spelling)
            if one is not None and other is not None:
                scores[spelling.field] = score(one, other)
        return Why(step.name, tuple(scores.items()))

    def _spelt(self, record: SourceRecord, spelling: Spelling) -> str | None:
        value = normalised(value_of(record, spelling.field), spelling.by)
        if value is None:
            return None
        value = self._aliases.get((spelling.field, value), value)
        return None if (spelling.field, value) in self._ignored else value


def mark_of(record: SourceRecord) -> str:
    """Give what a record's values are known again by; it is kept where the values lie as well."""
    spelt = "\x1e".join(f"{name}\x1f{value}" for name, value in sorted(record.values.items()))
    return hashlib.blake2b(f"{record.updated}\x1d{spelt}".encode(), digest_size=16).hexdigest()


def value_of(record: SourceRecord, field: str) -> str | None:
    """Give a record's value; a full name that no column has is made of its parts."""
    found = record.values.get(field)
    if found is None and field == FULL_NAME:
        parts = (record.values.get(FIRST_NAME), record.values.get(LAST_NAME))
        return " ".join(part for part in parts if part) or None
    return found
