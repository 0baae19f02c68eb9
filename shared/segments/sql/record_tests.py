"""Tests of one record, asked of a row: see `shared/segments/questions/record_tests.py` for what they mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from shared.fhir.criteria import Code, ComponentIs, ValueIs
from shared.segments.facts import LINK, VALUE, VIEWS, coded
from shared.segments.questions.record_tests import COLUMN_OF, UPWARD
from shared.segments.rules import AnyTest, CodedValueIs, FieldIs, Hop, IsMeasured, LeadsTo, NameIs, RecordTest
from shared.segments.sql.words import (
    Spelling,
    any_of,
    both,
    column,
    double,
    either,
    every,
    is_absent,
    is_one_of,
    is_there,
    no,
    number,
    surely,
    text,
)

COMPARED: dict[str, type[exp.Binary]] = {
    "above": exp.GT,
    "at_least": exp.GTE,
    "below": exp.LT,
    "at_most": exp.LTE,
}
COMPONENT = "part"
"""What one component is called while it is looked at."""

Named = Callable[[str], exp.Expr]
"""How a part of a quantity is named: as a column, or within a component."""


@dataclass(frozen=True, slots=True)
class TestInSql:
    """`carries`: the row has what the test asks about. `holds`: and it is so."""

    carries: exp.Expr
    holds: exp.Expr


def test_in_sql(test: RecordTest, resource: str, spelling: Spelling) -> TestInSql:
    """Give one test by its kind, of a row of that type of resource."""
    if isinstance(test, LeadsTo):
        comes_there = leads_to(test, resource, ref_of_row(resource), spelling)
        return TestInSql(comes_there, comes_there.copy())
    if isinstance(test, AnyTest):
        return _any_test(test, resource, spelling)
    return IN_SQL[type(test)](test, spelling)


def ref_of_row(resource: str, id_: str = "id") -> exp.Expr:
    """Spell the reference to the row's resource."""
    return exp.Paren(this=exp.DPipe(this=text(f"{resource}/"), expression=column(id_), safe=True))


def leads_to(test: LeadsTo, start: str, ref: exp.Expr, spelling: Spelling) -> exp.Expr:
    """Ask whether a way from the reference comes to what is asked for: from the end, step by step.

    Each step is taken from resources of its own type alone: other types may have an element of that name.
    """
    end = test.by[-1].to
    tests = [test_in_sql(inner, end, spelling).holds for inner in test.tests]
    is_end = every([no(surely(column("deleted"))), has_any(column("codes"), test.codes, spelling), *tests])
    reached = exp.select(ref_of_row(end), copy=False).from_(_view(VIEWS[end]), copy=False)
    reached = reached.where(is_end, copy=False)
    starts = (start, *(hop.to for hop in test.by))
    for at, hop in reversed(list(zip(starts, test.by, strict=False))):
        if not hop.equal:
            reached = _referring(at, hop, reached)
        elif hop.by == "code":
            reached = _of_same_code(at, hop, reached, spelling)
        else:
            reached = _of_same_value(at, hop, reached)
    return exp.In(this=ref, query=reached.subquery(copy=False))


def _referring(at: str, hop: Hop, reached: exp.Select) -> exp.Select:
    near, far = ("to_ref", "id") if hop.back else ("id", "to_ref")
    named = is_one_of(column("name"), [text(hop.by)])
    return _known(LINK, near, [named, _is_a(at, near), exp.In(this=column(far), query=_within(reached))])


def _of_same_value(at: str, hop: Hop, reached: exp.Select) -> exp.Select:
    named = is_one_of(column("name"), [text(hop.by)])
    values = _known(VALUE, "value", [named, exp.In(this=column("id"), query=_within(reached))])
    has_one = exp.In(this=column("value"), query=_within(values))
    return _known(VALUE, "id", [named.copy(), _is_a(at, "id"), has_one])


def _of_same_code(at: str, hop: Hop, reached: exp.Select, spelling: Spelling) -> exp.Select:
    codes = exp.select(column("value"), copy=False).from_(codes_of(hop.to, spelling), copy=False)
    codes = codes.where(exp.In(this=column("ref"), query=_within(reached)), copy=False)
    near = exp.select(column("ref"), copy=False).from_(codes_of(at, spelling), copy=False)
    return near.where(exp.In(this=column("value"), query=_within(codes)), copy=False)


def codes_of(resource: str, spelling: Spelling) -> exp.Subquery:
    """Give each code of each row of a type of resource."""
    each = exp.Anonymous(this=spelling.each, expressions=[column("codes")])
    ref = exp.alias_(ref_of_row(resource), "ref", quoted=True, copy=False)
    rows = exp.select(ref, exp.alias_(each, "value", quoted=True, copy=False), copy=False)
    rows = rows.from_(_view(VIEWS[resource]), copy=False).where(no(surely(column("deleted"))), copy=False)
    return rows.subquery("coded", copy=False)


def _known(view: str, selected: str, conditions: Sequence[exp.Expr]) -> exp.Select:
    """Give a column of the rows that stand and meet all conditions."""
    found = exp.select(column(selected), copy=False).from_(_view(view), copy=False)
    return found.where(every([no(surely(column("deleted"))), *conditions]), copy=False)


def _is_a(resource: str, name: str) -> exp.Expr:
    """Ask whether a reference is to that type of resource."""
    return exp.StartsWith(this=column(name), expression=text(f"{resource}/"))


def _within(query: exp.Select) -> exp.Subquery:
    return query.subquery(copy=False)


def _view(name: str) -> exp.Table:
    return exp.to_table(exp.to_identifier(name, quoted=True).sql())


def _name(test: NameIs, _spelling: Spelling) -> TestInSql:
    is_named = is_one_of(column("name"), [text(one) for one in test.one_of])
    return TestInSql(is_named, is_named.copy())


def has_any(given: exp.Expr, codes: tuple[Code, ...], spelling: Spelling) -> exp.Expr:
    """Ask whether any coding is among the codes; no codes take any."""
    if not codes:
        return exp.true()
    wanted = exp.array(*(text(coded(code.system, code.code)) for code in codes), dialect=spelling.dialect)
    return surely(exp.Anonymous(this=spelling.overlaps, expressions=[given, wanted]))


def _value(test: ValueIs, _spelling: Spelling) -> TestInSql:
    return TestInSql(_is_measured(test, column), _lies(test, column))


def _measured(_test: IsMeasured, _spelling: Spelling) -> TestInSql:
    is_measured = is_there(column("value"))
    return TestInSql(is_measured, is_measured.copy())


def _component(test: ComponentIs, spelling: Spelling) -> TestInSql:
    def within(name: str) -> exp.Expr:
        return exp.Dot(this=exp.to_identifier(COMPONENT), expression=exp.to_identifier(name, quoted=True))

    is_meant = has_any(within("codes"), test.codes, spelling)
    return TestInSql(
        _some_component(both(is_meant, _is_measured(test, within))),
        _some_component(both(is_meant.copy(), _lies(test, within))),
    )


def _some_component(asked: exp.Expr) -> exp.Expr:
    those = exp.ArrayFilter(
        this=column("components"),
        expression=exp.Lambda(this=asked, expressions=[exp.to_identifier(COMPONENT)]),
    )
    return surely(exp.GT(this=exp.ArraySize(this=those), expression=number(0)))


def _coded_value(test: CodedValueIs, spelling: Spelling) -> TestInSql:
    given = column("value_codes")
    is_some = surely(exp.GT(this=exp.ArraySize(this=given), expression=number(0)))
    return TestInSql(is_some, has_any(given.copy(), test.one_of, spelling))


def _field(test: FieldIs, _spelling: Spelling) -> TestInSql:
    field = column(COLUMN_OF[test.field])
    return TestInSql(is_there(field), is_one_of(field.copy(), [text(one) for one in test.one_of]))


def _any_test(test: AnyTest, resource: str, spelling: Spelling) -> TestInSql:
    parts = [test_in_sql(part, resource, spelling) for part in test.tests]
    return TestInSql(every(part.carries for part in parts), any_of(part.holds for part in parts))


def _is_measured(test: ValueIs | ComponentIs, named: Named) -> exp.Expr:
    is_number = is_there(named("value"))
    if test.unit is None:
        return is_number
    is_same = surely(exp.EQ(this=named("unit"), expression=text(test.unit)))
    return both(is_number, either(is_absent(named("unit")), is_same))


def _lies(test: ValueIs | ComponentIs, named: Named) -> exp.Expr:
    threshold = double(test.threshold)
    strictly, loosely, at_the_edge = (
        (">", ">=", exp.GTE) if test.comparison in UPWARD else ("<", "<=", exp.LTE)
    )
    compared = COMPARED[test.comparison](this=named("value"), expression=threshold)
    edge = at_the_edge(this=named("value"), expression=threshold.copy())
    is_plain = either(is_absent(named("comparator")), _equals(named("comparator"), loosely))
    is_sure = either(
        both(is_plain, surely(compared)), both(_equals(named("comparator"), strictly), surely(edge))
    )
    return both(_is_measured(test, named), is_sure)


def _equals(given: exp.Expr, wanted: str) -> exp.Expr:
    return surely(exp.EQ(this=given, expression=text(wanted)))


IN_SQL: dict[type[RecordTest], Callable[[Any, Spelling], TestInSql]] = {
    ValueIs: _value,
    IsMeasured: _measured,
    ComponentIs: _component,
    CodedValueIs: _coded_value,
    FieldIs: _field,
    NameIs: _name,
}
