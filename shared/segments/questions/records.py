"""A patient's records, of which so many must each meet all that is asked (SG-2)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.segments.facts import PatientFacts, RecordFacts
from shared.segments.in_words import words_of
from shared.segments.questions.question import TICK, Question, moved_by
from shared.segments.questions.record_tests import Asked, compiled_test, has_any
from shared.segments.rules import HasRecords, MoreThanDaysAgo, Upcoming, WithinDays

MOST_NAMED = 20
"""Records that an explanation names."""


@dataclass(frozen=True, slots=True)
class Search:
    """A rule with what does not depend on time already compiled.

    `concerns`: a record that time may bring into the answer. `meets`: what is asked of the record found.
    """

    rule: HasRecords
    concerns: Asked
    meets: Asked

    def concerned(self, facts: PatientFacts) -> Iterator[RecordFacts]:
        records = facts.records.get(self.rule.resource, ())
        return (record for record in records if not record.deleted and self.concerns(record))

    def looked_at(self, facts: PatientFacts, as_of: datetime) -> Sequence[RecordFacts]:
        """Give those in reach of the rule then; of "latest", that one at most."""
        reached = [record for record in self.concerned(facts) if self._is_in_reach(record, as_of)]
        if self.rule.pick == "any":
            return reached
        dated = [
            (date, record.id, record) for record in reached if (date := self.date_of(record)) is not None
        ]
        return [max(dated, key=lambda one: one[:2])[2]] if dated else []

    def found(self, facts: PatientFacts, as_of: datetime) -> Sequence[RecordFacts]:
        """Give those that meet everything."""
        looked_at = self.looked_at(facts, as_of)
        return [one for one in looked_at if self._is_in_window(one, as_of) and self.meets(one)]

    def date_of(self, record: RecordFacts) -> datetime | None:
        return record.ends_at if self.rule.dated_by == "end" else record.starts_at

    def _is_in_reach(self, record: RecordFacts, as_of: datetime) -> bool:
        date = self.date_of(record)
        if isinstance(self.rule.when, Upcoming):
            return date is not None and date > as_of
        has_begun = record.starts_at is None or record.starts_at <= as_of
        return has_begun and (date is None or date <= as_of)

    def _is_in_window(self, record: RecordFacts, as_of: datetime) -> bool:
        date = self.date_of(record)
        match self.rule.when:
            case WithinDays(days=days):
                return date is not None and date >= as_of - timedelta(days=days)
            case MoreThanDaysAgo(days=days):
                return date is not None and date < as_of - timedelta(days=days)
            case Upcoming(days=int(days)):
                return date is not None and date <= as_of + timedelta(days=days)
            case _:
                return True


def compiled(rule: HasRecords) -> Question:
    """Compile the rule."""
    search, enough = _search(rule), _enough(rule)
    return Question(
        words_of(rule),
        lambda facts, as_of: enough(_count(rule, search.found(facts, as_of))),
        lambda facts, _as_of: _boundaries(search, facts),
        lambda facts, as_of: _named(search, facts, as_of),
    )


def _search(rule: HasRecords) -> Search:
    is_about = has_any(rule.codes)
    tests = tuple(compiled_test(test) for test in rule.tests)

    def meets(record: RecordFacts) -> bool:
        return all(test.holds(record) for test in tests)

    def carries(record: RecordFacts) -> bool:
        return all(test.carries(record) for test in tests)

    asked = meets if rule.pick == "any" else carries
    return Search(rule, lambda record: is_about(record.codes) and asked(record), meets)


def _enough(rule: HasRecords) -> Callable[[int], bool]:
    least, most = least_of(rule), rule.at_most
    return lambda count: count >= least and (most is None or count <= most)


def least_of(rule: HasRecords) -> int:
    """Give how many there must be: one, unless the rule says otherwise or only says how many at most."""
    return rule.at_least if rule.at_least is not None else int(rule.at_most is None)


def _count(rule: HasRecords, found: Sequence[RecordFacts]) -> int:
    """Count records, or their first codings; what names none is nothing that could be told apart."""
    if rule.distinct_by is None or rule.pick == "latest":
        return len(found)
    return len({record.codes[0] for record in found if record.codes})


def _boundaries(search: Search, facts: PatientFacts) -> Iterator[datetime]:
    for record in search.concerned(facts):
        date = search.date_of(record)
        if record.starts_at is not None:
            yield record.starts_at
        if date is not None:
            yield date
            yield from _ends_of_window(search.rule, date)


def _ends_of_window(rule: HasRecords, date: datetime) -> Iterator[datetime]:
    match rule.when:
        case WithinDays(days=days) | MoreThanDaysAgo(days=days):
            yield from moved_by(date, days, TICK)
        case Upcoming(days=int(days)):
            yield from moved_by(date, -days)
        case _:
            return


def _named(search: Search, facts: PatientFacts, as_of: datetime) -> tuple[str, ...]:
    """Name what was found; of "latest" also the one that did not meet what was asked."""
    is_latest = search.rule.pick == "latest"
    found = search.looked_at(facts, as_of) if is_latest else search.found(facts, as_of)
    return tuple(sorted(f"{record.resource}/{record.id}" for record in found)[:MOST_NAMED])
