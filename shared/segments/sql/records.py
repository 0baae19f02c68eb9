"""How many records of each patient meet a rule: one aggregate per rule, in one pass over each table."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from shared.segments.rules import HasRecords, MoreThanDaysAgo, Upcoming, WithinDays
from shared.segments.sql.record_tests import has_any, test_in_sql
from shared.segments.sql.words import (
    Spelling,
    both,
    column,
    days_after,
    days_before,
    either,
    every,
    is_absent,
    is_there,
    moment,
    no,
    number,
    surely,
)

FIRST_CODE = "first_code"
KEPT = ("patient_id", "id", "starts_at", "ends_at")
"""Columns that the counts need beside the marks."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A rule's marks on each row, and the count over one patient's marked rows.

    `mark` names the one that a row needs in order to matter to the count at all.
    """

    mark: str
    marks: tuple[exp.Expr, ...]
    count: exp.Expr


def counts(rule: HasRecords, spelling: Spelling) -> exp.Expr:
    """Give the condition on which a row is one of the records that a rule of "any" looks for."""
    tests = [test_in_sql(test, rule.resource, spelling).holds for test in rule.tests]
    is_about = has_any(column("codes"), rule.codes, spelling)
    return every([is_about, _is_in_reach(rule), _is_in_window(rule), *tests])


def counted(rule: HasRecords, number_of_rule: int, spelling: Spelling) -> Counted:
    """Give the rule as an aggregate over one patient's rows."""
    mark, verdict = f"m{number_of_rule}", f"v{number_of_rule}"
    if rule.pick == "latest":
        is_about = has_any(column("codes"), rule.codes, spelling)
        tests = [test_in_sql(test, rule.resource, spelling) for test in rule.tests]
        meets = every([_is_in_window(rule), *(test.holds for test in tests)])
        candidate = [is_about, _is_in_reach(rule), is_there(_date(rule)), *(test.carries for test in tests)]
        marks = _as(every(candidate), mark), _as(meets, verdict)
        return Counted(mark, marks, _of_latest(rule, mark, verdict))
    return Counted(mark, (_as(counts(rule, spelling), mark),), _of_all(rule, mark))


def marked(rules: Sequence[Counted], rows: exp.Expr) -> exp.Select:
    """Give the rows that are there, with every rule's marks."""
    first_code = exp.Bracket(this=column("codes"), expressions=[number(0)])
    columns = [column(name) for name in KEPT]
    marks = [mark for rule in rules for mark in rule.marks]
    selected = exp.select(*columns, _as(first_code, FIRST_CODE), *marks, copy=False)
    is_row = both(no(surely(column("deleted"))), is_there(column("patient_id")))
    return selected.from_(rows, copy=False).where(is_row, copy=False)


def _as(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, name, quoted=True, copy=False)


def _of_all(rule: HasRecords, mark: str) -> exp.Expr:
    what = exp.Distinct(expressions=[column(FIRST_CODE)]) if rule.distinct_by else exp.Star()
    return _among(exp.Count(this=what), mark)


def _of_latest(rule: HasRecords, mark: str, verdict: str) -> exp.Expr:
    """Count the greatest (instant, id) if it meets the rule: 1 or 0."""
    place = exp.Tuple(expressions=[_date(rule), column("id")])
    judged = _among(exp.ArgMax(this=column(verdict), expression=place), mark)
    return exp.Case(ifs=[exp.If(this=surely(judged), true=number(1))], default=number(0))


def _among(aggregate: exp.Expr, mark: str) -> exp.Expr:
    return exp.Filter(this=aggregate, expression=exp.Where(this=column(mark)))


def _date(rule: HasRecords) -> exp.Expr:
    return column("ends_at" if rule.dated_by == "end" else "starts_at")


def _is_in_reach(rule: HasRecords) -> exp.Expr:
    if isinstance(rule.when, Upcoming):
        return surely(exp.GT(this=_date(rule), expression=moment()))
    has_begun = _is_not_ahead(column("starts_at"))
    return has_begun if rule.dated_by == "start" else both(has_begun, _is_not_ahead(_date(rule)))


def _is_not_ahead(date: exp.Expr) -> exp.Expr:
    return either(is_absent(date), surely(exp.LTE(this=date.copy(), expression=moment())))


def _is_in_window(rule: HasRecords) -> exp.Expr:
    match rule.when:
        case WithinDays(days=days):
            return surely(exp.GTE(this=_date(rule), expression=days_before(days)))
        case MoreThanDaysAgo(days=days):
            return surely(exp.LT(this=_date(rule), expression=days_before(days)))
        case Upcoming(days=int(days)):
            return surely(exp.LTE(this=_date(rule), expression=days_after(days)))
        case _:
            return exp.true()
