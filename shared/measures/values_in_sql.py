"""A measure as one SQL statement over the lake: each table is read once (D8a, UN-14)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from shared.measures.columns import OF_PATIENTS, columns_of
from shared.measures.definitions import rows_asked
from shared.measures.formula import (
    Activities,
    Calculation,
    Dimension,
    Function,
    Measure,
    People,
    Records,
    Source,
)
from shared.segments.facts import ACTIVITY, PATIENT
from shared.segments.nesting import Surroundings, around
from shared.segments.population import query_for
from shared.segments.rules import Everyone, Segment
from shared.segments.sql.profile import PEOPLE, age_in_years, in_zone
from shared.segments.sql.record_tests import has_any
from shared.segments.sql.records import counts
from shared.segments.sql.whose import rows_of
from shared.segments.sql.words import (
    SPELLINGS,
    Spelling,
    asks_when,
    both,
    column,
    double,
    either,
    every,
    is_absent,
    is_one_of,
    is_there,
    moment,
    no,
    number,
    surely,
    text,
)

ROWS, SPLIT = "row", "split"
PATIENT_ID, PLACE = "patient_id", "place"
DIMENSION, VALUE = "by.", "value."
"""Before the name of a dimension or a calculation: what a column of the answer is."""
_AT, _ID = "_at", "_id"
_SPELT_OTHERWISE = {"class": "class_code", "start": "starts_at", "end": "ends_at"}
_FIRST_OF = {"code": "codes", "coded_value": "value_codes"}


def sql_for(measure: Measure, *, nested: Mapping[str, Segment], dialect: str = "duckdb") -> str:
    """Give one SELECT of `place`, `patient_id` (but of a business measure), `by.…` and `value.…`.

    There is a row for each patient and group, placed from 1 in the order of patients and groups. Its one
    parameter is `$as_of`. `nested` holds all segments that `among` builds on. `dialect` is `duckdb` or
    `spark`. Raises `NestedSegmentMissing` and `NestedTooDeep`.
    """
    asked = _Asked(measure, SPELLINGS[dialect], around(_segment(measure), nested), nested)
    keys = _keys(measure)
    answered = exp.select(
        *(column(key) for key in keys),
        *(
            _named(_worked_out(one, number), VALUE + one.name)
            for number, one in enumerate(measure.calculations)
        ),
        copy=False,
    ).from_(_split(asked).subquery(SPLIT, copy=False), copy=False)
    if keys:
        answered = answered.group_by(*(column(key) for key in keys), copy=False)
    order = exp.Order(expressions=[exp.Ordered(this=column(key), nulls_first=True) for key in keys])
    place = exp.Window(this=exp.RowNumber(), order=order if keys else None)
    whole = exp.select(_named(place, PLACE), exp.Star(), copy=False)
    return whole.from_(answered.subquery("answer", copy=False), copy=False).sql(dialect=dialect, copy=False)


@dataclass(frozen=True, slots=True)
class _Asked:
    measure: Measure
    spelling: Spelling
    surroundings: Surroundings
    nested: Mapping[str, Segment]


def _segment(measure: Measure) -> Segment:
    """Give whom the measure counts among as the segment that it would be."""
    return Segment("~", 1, measure.name, measure.among or Everyone("everyone"), "live", measure.time_zone)


def _keys(measure: Measure) -> Sequence[str]:
    """Name what the rows are put together by."""
    whose = [] if measure.kind == "business" else [PATIENT_ID]
    return [*whose, *(DIMENSION + one.column for one in measure.dimensions)]


def _split(asked: _Asked) -> exp.Select:
    """Give every row that counts, with whose it is, its groups, and what each calculation takes of it."""
    measure = asked.measure
    taken = [
        _named(column(PATIENT_ID, ROWS), PATIENT_ID),
        *(_named(_group(one, asked), DIMENSION + one.column) for one in measure.dimensions),
    ]
    for number_of_it, one in enumerate(measure.calculations):
        if one.column is not None or one.component:
            taken.append(_named(_operand(one, asked), f"c{number_of_it}"))
        if one.by is not None:
            taken.append(_named(_column(one.by, measure.over, asked.surroundings), f"b{number_of_it}"))
    taken += [_named(_date(measure.over), _AT), _named(_row_id(measure.over), _ID)]
    is_kept = no(surely(column("deleted", PEOPLE)))
    conditions = [asks_when(), is_kept]
    if measure.among is not None:
        whom = query_for(_segment(measure), nested=asked.nested, dialect=asked.spelling.dialect)
        conditions.append(exp.In(this=column(PATIENT_ID, ROWS), query=whom.subquery(copy=False)))
    same = exp.EQ(this=column(PATIENT_ID, PEOPLE), expression=column(PATIENT_ID, ROWS))
    return (
        exp.select(*taken, copy=False)
        .from_(_rows(measure.over, asked.spelling).subquery(ROWS, copy=False), copy=False)
        .join(_table(PATIENT, PEOPLE), on=same, join_type="INNER", copy=False)
        .where(every(conditions), copy=False)
    )


def _rows(over: Source, spelling: Spelling) -> exp.Select:
    """Give the rows of the table that meet what the measure asks of them."""
    match over:
        case Records():
            condition, rows = counts(rows_asked(over), spelling), rows_of(over.resource, "record")
        case Activities():
            condition, rows = _happened(over, spelling), _table(ACTIVITY)
        case People():
            condition, rows = exp.true(), _table(PATIENT)
    is_row = every([no(surely(column("deleted"))), is_there(column(PATIENT_ID)), condition])
    return exp.select("*").from_(rows, copy=False).where(is_row, copy=False)


def _happened(over: Activities, spelling: Spelling) -> exp.Expr:
    asked = [counts(rows_asked(over), spelling)]
    for name, wanted in (("type", over.types), ("event", over.events)):
        if wanted:
            asked.append(is_one_of(column(name), [text(one) for one in wanted]))
    lasts = surely(exp.GT(this=column("expires_at"), expression=moment()))
    return every([*asked, either(is_absent(column("expires_at")), lasts)])


def _group(dimension: Dimension, asked: _Asked) -> exp.Expr:
    given = _column(dimension.column, asked.measure.over, asked.surroundings)
    if dimension.by is None:
        return _with_null_as(given, dimension.null_as)
    if columns_of(asked.measure.over)[dimension.column] == "instant":
        given = in_zone(given, asked.surroundings.zone_name)
    day = exp.cast(given, exp.DataType.Type.DATE)
    if dimension.by == "day":
        return day
    began = exp.DateTrunc(this=day, unit=exp.var(dimension.by.upper()))
    return exp.cast(began, exp.DataType.Type.DATE)


def _operand(asked_of: Calculation, asked: _Asked) -> exp.Expr:
    """Give what the calculation takes of a row."""
    if asked_of.component:
        given = _component(asked_of, asked.spelling)
    else:
        given = _column(str(asked_of.column), asked.measure.over, asked.surroundings)
    return _with_null_as(given, asked_of.null_as)


def _component(asked_of: Calculation, spelling: Spelling) -> exp.Expr:
    """Give the value of the first component that is meant."""
    codes = exp.Dot(this=exp.to_identifier("part"), expression=exp.to_identifier("codes", quoted=True))
    those = exp.ArrayFilter(
        this=column("components", ROWS),
        expression=exp.Lambda(
            this=has_any(codes, asked_of.component, spelling), expressions=[exp.to_identifier("part")]
        ),
    )
    first = exp.Bracket(this=those, expressions=[number(0)])
    return exp.Dot(this=exp.Paren(this=first), expression=exp.to_identifier("value", quoted=True))


def _column(name: str, over: Source, surroundings: Surroundings) -> exp.Expr:
    if name == "patient.age":
        return age_in_years(surroundings)
    if name in OF_PATIENTS:
        return column(name.removeprefix("patient."), PEOPLE)
    del over
    if name in _FIRST_OF:
        return exp.Bracket(this=column(_FIRST_OF[name], ROWS), expressions=[number(0)])
    return column(_SPELT_OTHERWISE.get(name, name), ROWS)


def _date(over: Source) -> exp.Expr:
    match over:
        case Records(dated_by=dated_by):
            return column("ends_at" if dated_by == "end" else "starts_at", ROWS)
        case Activities():
            return column("starts_at", ROWS)
        case People():
            return exp.cast(exp.null(), exp.DataType.Type.TIMESTAMPNTZ)


def _row_id(over: Source) -> exp.Expr:
    return column(PATIENT_ID if isinstance(over, People) else "id", ROWS)


def _with_null_as(given: exp.Expr, stand_in: float | str | None) -> exp.Expr:
    if stand_in is None:
        return given
    replacement = text(stand_in) if isinstance(stand_in, str) else double(stand_in)
    return exp.Coalesce(this=given, expressions=[replacement])


def _worked_out(asked: Calculation, at: int) -> exp.Expr:
    """Give a calculation as an aggregate over the rows that belong together."""
    given = column(f"c{at}")
    if asked.function == "count" and asked.column is None and not asked.component:
        return exp.Count(this=exp.Star())
    if asked.function in AGGREGATES:
        return AGGREGATES[asked.function](given)
    place = column(f"b{at}") if asked.by is not None else column(_AT)
    return _where_it_is(EXTREMES[asked.function], given, place)


def _as_double(given: exp.Expr) -> exp.Expr:
    return exp.cast(given, exp.DataType.Type.DOUBLE)


def _where_it_is(extreme: type[exp.ArgMax] | type[exp.ArgMin], given: exp.Expr, by: exp.Expr) -> exp.Expr:
    """Give the value of the row that comes last, or first, by (that column, id, patient)."""
    place = exp.Tuple(expressions=[by, column(_ID), column(PATIENT_ID)])
    known = both(is_there(given.copy()), is_there(by.copy()))
    return exp.Filter(this=extreme(this=given, expression=place), expression=exp.Where(this=known))


def _named(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, name, quoted=True, copy=False)


def _table(name: str, alias: str | None = None) -> exp.Table:
    return exp.to_table(exp.to_identifier(name, quoted=True).sql(), alias=alias)


AGGREGATES: Mapping[Function, Callable[[exp.Expr], exp.Expr]] = {
    "count": lambda given: exp.Count(this=given),
    "count_unique": lambda given: exp.Count(this=exp.Distinct(expressions=[given])),
    "sum": lambda given: exp.Sum(this=_as_double(given)),
    "avg": lambda given: exp.Avg(this=_as_double(given)),
    "max": lambda given: exp.Max(this=given),
    "min": lambda given: exp.Min(this=given),
}
EXTREMES: Mapping[Function, type[exp.ArgMax] | type[exp.ArgMin]] = {
    "first": exp.ArgMin,
    "last": exp.ArgMax,
    "arg_max": exp.ArgMax,
    "arg_min": exp.ArgMin,
}
