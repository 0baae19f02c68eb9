"""A segment's whole population as SQL over the lake (D8a): each table is read once, whatever is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlglot import exp

from shared.segments.facts import MEASURE, PATIENT, TABLES
from shared.segments.measured import MeasureIs
from shared.segments.nesting import Surroundings, around
from shared.segments.questions.records import least_of
from shared.segments.rules import (
    AllOf,
    AnyOf,
    ButNot,
    HasRecords,
    InSegment,
    PatientLeadsTo,
    ResourceType,
    Rule,
    Segment,
)
from shared.segments.sql import measures, profile
from shared.segments.sql.profile import PEOPLE
from shared.segments.sql.record_tests import leads_to
from shared.segments.sql.records import counted, marked
from shared.segments.sql.whose import rows_of
from shared.segments.sql.words import (
    AS_OF,
    SPELLINGS,
    Spelling,
    any_of,
    asks_when,
    both,
    column,
    every,
    no,
    number,
    surely,
    text,
)


def sql_for(segment: Segment, *, nested: Mapping[str, Segment], dialect: str = "duckdb") -> str:
    """Give one SELECT of `patient_id`, each once, in no order, over the views of `facts.TABLES`.

    For each measure asked about (`nesting.measures_in`) there is a view, named `MEASURE` and its id. Its one
    parameter is `$as_of`; `parameters` spells it. `nested` holds all segments that this one builds on.
    `dialect` is `duckdb` or `spark`. Raises `NestedSegmentMissing` and `NestedTooDeep`.
    """
    return query_for(segment, nested=nested, dialect=dialect).sql(dialect=dialect, copy=False)


def query_for(segment: Segment, *, nested: Mapping[str, Segment], dialect: str) -> exp.Select:
    """Give the same as a tree, to be asked within another question."""
    counts = Counts(SPELLINGS[dialect])
    condition = _condition(segment.rule, around(segment, nested), counts)
    is_kept = no(surely(column("deleted", PEOPLE)))
    query = exp.select(column("patient_id", PEOPLE)).from_(_table(PATIENT, PEOPLE))
    for resource, rules in counts.rules.items():
        query = _joined(query, resource, rules, counts.spelling)
    for number_of_it, (measure_id, asked) in enumerate(counts.measures.items()):
        query = _joined_measure(query, measure_id, asked, _measure_alias(number_of_it))
    return query.where(every([asks_when(), is_kept, condition]), copy=False)


def parameters(as_of: datetime) -> dict[str, datetime]:
    """Spell the moment asked about as the SQL takes it: UTC without an offset."""
    return {AS_OF: as_of.astimezone(UTC).replace(tzinfo=None)}


@dataclass(frozen=True, slots=True)
class Counts:
    """The rules about records met so far, by table: the same rule twice is counted once."""

    spelling: Spelling
    rules: dict[ResourceType, list[HasRecords]] = field(default_factory=dict[ResourceType, list[HasRecords]])
    measures: dict[str, list[MeasureIs]] = field(default_factory=dict[str, list[MeasureIs]])

    def column_of(self, rule: HasRecords) -> exp.Expr:
        """Name the column that will hold the rule's count, for the patient of the row."""
        known = self.rules.setdefault(rule.resource, [])
        if rule not in known:
            known.append(rule)
        return _count(known.index(rule), _alias(rule.resource))

    def measured(self, rule: MeasureIs) -> exp.Expr:
        """Name the column that will hold how many of the measure's groups meet the rule."""
        known = self.measures.setdefault(rule.measure_id, [])
        if rule not in known:
            known.append(rule)
        return _count(known.index(rule), _measure_alias(list(self.measures).index(rule.measure_id)))


def _condition(rule: Rule, surroundings: Surroundings, counts: Counts) -> exp.Expr:  # noqa: PLR0911  # one condition per kind
    match rule:
        case HasRecords():
            return _is_enough(rule, counts)
        case PatientLeadsTo(leads=leads):
            ref = exp.DPipe(this=text("Patient/"), expression=column("patient_id", PEOPLE), safe=True)
            return leads_to(leads, "Patient", exp.Paren(this=ref), counts.spelling)
        case MeasureIs():
            return measures.is_met(rule, counts.measured(rule))
        case AllOf(rules=rules):
            return every(_condition(part, surroundings, counts) for part in rules)
        case AnyOf(alternatives=alternatives):
            return any_of(_condition(part, surroundings, counts) for part in alternatives)
        case ButNot(rule=first, but_not=second):
            return both(_condition(first, surroundings, counts), no(_condition(second, surroundings, counts)))
        case InSegment(segment_id=segment_id):
            inside = surroundings.inside(segment_id)
            return _condition(inside.trail[-1].rule, inside, counts)
        case _:
            return profile.condition(rule, surroundings)


def _is_enough(rule: HasRecords, counts: Counts) -> exp.Expr:
    count = counts.column_of(rule)
    at_least = exp.GTE(this=count, expression=number(least_of(rule)))
    if rule.at_most is None:
        return at_least
    return both(at_least, exp.LTE(this=count.copy(), expression=number(rule.at_most)))


def _joined(
    query: exp.Select, resource: ResourceType, rules: Sequence[HasRecords], spelling: Spelling
) -> exp.Select:
    """Join the counts of one table: one row per patient who has any.

    Each row of the table is marked once, then each patient's marks are counted.
    """
    every_count = [counted(rule, at, spelling) for at, rule in enumerate(rules)]
    counts = [
        exp.alias_(one.count, _named(at), quoted=True, copy=False) for at, one in enumerate(every_count)
    ]
    per_patient = (
        exp.select(column("patient_id"), *counts, copy=False)
        .from_(marked(every_count, rows_of(resource, "record")).subquery("marked", copy=False), copy=False)
        .where(any_of(column(one.mark) for one in every_count), copy=False)
        .group_by(column("patient_id"), copy=False)
    )
    return _beside(query, per_patient, _alias(resource))


def _joined_measure(query: exp.Select, measure_id: str, rules: Sequence[MeasureIs], alias: str) -> exp.Select:
    """Join how many of a measure's groups meet each rule, a row per patient."""
    every_count = [
        exp.alias_(measures.counted(rule), _named(at), quoted=True, copy=False)
        for at, rule in enumerate(rules)
    ]
    per_patient = exp.select(column("patient_id"), *every_count, copy=False)
    per_patient = per_patient.from_(_table(f"{MEASURE}{measure_id}"), copy=False)
    return _beside(query, per_patient.group_by(column("patient_id"), copy=False), alias)


def _beside(query: exp.Select, per_patient: exp.Select, alias: str) -> exp.Select:
    same = exp.EQ(this=column("patient_id", PEOPLE), expression=column("patient_id", alias))
    return query.join(per_patient.subquery(alias, copy=False), on=same, join_type="LEFT", copy=False)


def _count(number_of_rule: int, alias: str) -> exp.Expr:
    return exp.Coalesce(this=column(_named(number_of_rule), alias), expressions=[number(0)])


def _table(name: str, alias: str | None = None) -> exp.Table:
    return exp.to_table(exp.to_identifier(name, quoted=True).sql(), alias=alias)


def _alias(resource: ResourceType) -> str:
    return f"{TABLES[resource]}_counts"


def _measure_alias(number_of_measure: int) -> str:
    return f"measure_{number_of_measure}_counts"


def _named(number_of_rule: int) -> str:
    return f"n{number_of_rule}"
