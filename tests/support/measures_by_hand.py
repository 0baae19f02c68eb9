"""A measure worked out row by row in plain Python: what the SQL must agree with."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import fsum
from typing import Any
from zoneinfo import ZoneInfo

from shared.measures.formula import Activities, Calculation, Dimension, Measure, Records
from shared.segments.facts import ActivityFacts, PatientFacts, RecordFacts, coded
from shared.segments.one_patient import compiled
from shared.segments.questions.profile import age_of
from shared.segments.rules import Everyone, HasRecords, MoreThanDaysAgo, Segment, Upcoming, WithinDays

Key = tuple[Any, ...]
Answer = dict[Key, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row that counts, and whose it is."""

    person: PatientFacts
    record: RecordFacts | ActivityFacts | None

    @property
    def patient_id(self) -> str:
        return self.person.profile.patient_id

    @property
    def id(self) -> str:
        return self.record.id if self.record else self.patient_id


def by_hand(
    measure: Measure,
    people: Sequence[PatientFacts],
    as_of: datetime,
    nested: Mapping[str, Segment],
    activities: Sequence[ActivityFacts] = (),
) -> Answer:
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows(measure, people, as_of, nested, activities):
        split = tuple(_group(one, row, measure, as_of) for one in measure.dimensions)
        groups[split if measure.kind == "business" else (row.patient_id, *split)].append(row)
    if measure.kind == "business" and not measure.dimensions:
        groups.setdefault((), [])
    return {
        key: {one.name: _worked_out(one, found, measure, as_of) for one in measure.calculations}
        for key, found in groups.items()
    }


def rows(
    measure: Measure,
    people: Sequence[PatientFacts],
    as_of: datetime,
    nested: Mapping[str, Segment],
    activities: Sequence[ActivityFacts],
) -> Iterator[Row]:
    rule = measure.among or Everyone("everyone")
    whom = compiled(Segment("whom", 1, "whom", rule, "live", measure.time_zone), nested)
    for person in people:
        if person.profile.deleted or not whom.holds(person, as_of):
            continue
        if isinstance(measure.over, Activities):
            theirs = (one for one in activities if one.patient_id == person.profile.patient_id)
            yield from (Row(person, one) for one in theirs if _counts(one, measure.over, as_of))
            continue
        if not isinstance(measure.over, Records):
            yield Row(person, None)
            continue
        over = measure.over
        asked = HasRecords(
            "has_records", over.resource, over.codes, over.tests, over.when, dated_by=over.dated_by
        )
        one_of_them = compiled(Segment("it", 1, "it", asked, "live"), {})
        for record in person.records.get(over.resource, ()):
            if one_of_them.holds(PatientFacts(person.profile, {over.resource: (record,)}), as_of):
                yield Row(person, record)


def _counts(one: ActivityFacts, over: Activities, as_of: datetime) -> bool:
    at = one.starts_at
    assert at is not None
    edge = timedelta(days=over.when.days or 0) if over.when else timedelta()
    match over.when:
        case None:
            is_in_time = at <= as_of
        case WithinDays():
            is_in_time = as_of - edge <= at <= as_of
        case MoreThanDaysAgo():
            is_in_time = at < as_of - edge
        case Upcoming(days=days):
            is_in_time = at > as_of and (days is None or at <= as_of + edge)
    is_asked_for = (not over.types or one.type in over.types) and (
        not over.events or one.event in over.events
    )
    lasts = one.expires_at is None or one.expires_at > as_of
    return is_in_time and is_asked_for and lasts and not one.deleted


def _worked_out(asked: Calculation, found: Sequence[Row], measure: Measure, as_of: datetime) -> Any:
    if asked.function == "count" and asked.column is None and not asked.component:
        return len(found)
    taken = [(_operand(asked, row, measure, as_of), row) for row in found]
    known = [(value, row) for value, row in taken if value is not None]
    values = [value for value, _ in known]
    simple: dict[str, Callable[[], Any]] = {
        "count": lambda: len(values),
        "count_unique": lambda: len(set(values)),
        "sum": lambda: fsum(values) if values else None,
        "avg": lambda: fsum(values) / len(values) if values else None,
        "max": lambda: max(values, default=None),
        "min": lambda: min(values, default=None),
    }
    if asked.function in simple:
        return simple[asked.function]()
    placed = [
        ((at, row.id, row.patient_id), value)
        for value, row in known
        if (at := _placed_by(asked, row, measure, as_of)) is not None
    ]
    extreme = min if asked.function in ("first", "arg_min") else max
    return extreme(placed, key=lambda one: one[0])[1] if placed else None


def _placed_by(asked: Calculation, row: Row, measure: Measure, as_of: datetime) -> Any:
    if asked.by is not None:
        return _column(asked.by, row, measure, as_of)
    ends = isinstance(measure.over, Records) and measure.over.dated_by == "end"
    if isinstance(row.record, RecordFacts) and ends:
        return row.record.ends_at
    return row.record and row.record.starts_at


def _operand(asked: Calculation, row: Row, measure: Measure, as_of: datetime) -> Any:
    if asked.component:
        wanted = {coded(code.system, code.code) for code in asked.component}
        parts = row.record.components if isinstance(row.record, RecordFacts) else ()
        value = next((part.value for part in parts if not wanted.isdisjoint(part.codes)), None)
    else:
        value = _column(str(asked.column), row, measure, as_of)
    return asked.null_as if value is None else value


def _group(dimension: Dimension, row: Row, measure: Measure, as_of: datetime) -> Any:
    value = _column(dimension.column, row, measure, as_of)
    if value is None:
        return dimension.null_as
    if dimension.by is None:
        return value
    zone = ZoneInfo(measure.time_zone) if measure.time_zone else UTC
    day: date = value.astimezone(zone).date() if isinstance(value, datetime) else value
    return {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[dimension.by]


def _column(name: str, row: Row, measure: Measure, as_of: datetime) -> Any:
    profile = row.person.profile
    if name == "patient.age":
        today = as_of.astimezone(ZoneInfo(measure.time_zone) if measure.time_zone else UTC).date()
        return None if profile.birth_date is None else age_of(profile.birth_date, today)
    if name.startswith("patient."):
        return getattr(profile, name.removeprefix("patient."))
    first = {"code": "codes", "coded_value": "value_codes"}
    if name in first:
        return next(iter(getattr(row.record, first[name])), None)
    spelt = {"class": "class_code", "start": "starts_at", "end": "ends_at"}
    return getattr(row.record, spelt.get(name, name))
