"""The rows of a type of record with whose they are, also where that is said by an identifier (FH-14).

The same people as `FindPatient` finds: an identifier that several patients have is nobody's, and what names
nobody but its Encounter is whose that is.
"""

from collections.abc import Sequence

from sqlglot import exp

from shared.patients.their_resources import THROUGH
from shared.segments.facts import COLUMNS, IDENTIFIER, SUBJECT, TABLES, VALUE, WHOSE
from shared.segments.rules import ResourceType
from shared.segments.sql.words import column, every, is_absent, is_one_of, is_there, no, number, surely, text

PATIENT_ID, REF = "patient_id", "ref"
_ROW, _OWNER, _VISIT, _KNOWN = "row", "owner", "visit", "known"
_KEPT = tuple(name for name in COLUMNS if name not in (PATIENT_ID, WHOSE))
_AFTER_TYPE = len("Patient/") + 1


def rows_of(resource: ResourceType, alias: str) -> exp.Subquery:
    """Give the rows of a type: what refers to a patient as it is, the rest where somebody is found.

    The table is gone through once, and once more for the few rows of the rest: that column is empty in most
    files.
    """
    kept = [column(name, _ROW) for name in _KEPT]
    plain = exp.select(column(PATIENT_ID, _ROW), *kept, copy=False).from_(_records(resource), copy=False)
    plain = plain.where(is_absent(column(WHOSE, _ROW)), copy=False)
    same = exp.EQ(this=column(WHOSE, _OWNER), expression=column(WHOSE, _ROW))
    named = (
        exp.select(column(PATIENT_ID, _OWNER), *(one.copy() for one in kept), copy=False)
        .from_(_records(resource), copy=False)
        .join(_owners(resource).subquery(_OWNER, copy=False), on=same, join_type="INNER", copy=False)
        .where(is_there(column(WHOSE, _ROW)), copy=False)
    )
    return _all((plain, named)).subquery(alias, copy=False)


def shared_by_several() -> str:
    """Give one SELECT of the patients (`patient_id`) who share an identifier that records name them by."""
    asked = _all([_named_in(resource) for resource in TABLES] + [_named_by_uncounted()])
    several = _identified(asked, is_one=False)
    patients = exp.select(_alias(_id_in(column("id")), PATIENT_ID), copy=False)
    patients = patients.from_(_table(VALUE), copy=False).where(
        every([*_identifiers(), exp.In(this=column("value"), query=several.subquery(copy=False))]), copy=False
    )
    return patients.distinct(copy=False).sql(dialect="duckdb", copy=False)


def _owners(resource: ResourceType) -> exp.Query:
    """Give who is meant, `patient_id`, by each `whose` in the rows of a type."""
    if resource not in THROUGH:
        return _identified(_named_in(resource))
    through_identifier = _all((_named_in(resource), _of_visits(resource, WHOSE)))
    same = exp.EQ(this=column(WHOSE, _KNOWN), expression=column(WHOSE, _VISIT))
    either = exp.Coalesce(this=column(PATIENT_ID, _VISIT), expressions=[column(PATIENT_ID, _KNOWN)])
    through_visit = (
        exp.select(_alias(column(REF, _VISIT), WHOSE), _alias(either, PATIENT_ID), copy=False)
        .from_(_visits(resource).subquery(_VISIT, copy=False), copy=False)
        .join(
            _identified(_of_visits(resource, WHOSE)).subquery(_KNOWN, copy=False),
            on=same,
            join_type="LEFT",
            copy=False,
        )
    )
    return _all((_identified(through_identifier), through_visit))


def _identified(asked: exp.Query, *, is_one: bool = True) -> exp.Select:
    """Give those of some identifiers (`whose`) that one patient has, and who; or those that several have."""
    first, last = exp.Min(this=column("id")), exp.Max(this=column("id"))
    compared = exp.EQ if is_one else exp.NEQ
    is_asked = exp.In(this=column("value"), query=asked.subquery(copy=False))
    selected = [_alias(column("value"), WHOSE)]
    if is_one:
        selected.append(_alias(_id_in(first.copy()), PATIENT_ID))
    return (
        exp.select(*selected, copy=False)
        .from_(_table(VALUE), copy=False)
        .where(every([*_identifiers(), is_asked]), copy=False)
        .group_by(column("value"), copy=False)
        .having(compared(this=first, expression=last), copy=False)
    )


def _identifiers() -> Sequence[exp.Expr]:
    of_patients = exp.StartsWith(this=column("id"), expression=text("Patient/"))
    return [_stands(), is_one_of(column("name"), [text(IDENTIFIER)]), of_patients]


def _named_in(resource: ResourceType) -> exp.Select:
    """Give each `whose` that stands in the rows of a type."""
    named = exp.select(column(WHOSE), copy=False).from_(_table(TABLES[resource]), copy=False)
    return named.where(every([_stands(), is_there(column(WHOSE))]), copy=False)


def _named_by_uncounted() -> exp.Select:
    named = exp.select(_alias(column("value"), WHOSE), copy=False).from_(_table(VALUE), copy=False)
    return named.where(every([_stands(), is_one_of(column("name"), [text(WHOSE)])]), copy=False)


def _visits(resource: ResourceType) -> exp.Query:
    """Give the Encounters that rows of a type name instead of a patient, and whose those are.

    One that does not count itself is among the values.
    """
    ref = exp.Paren(this=exp.DPipe(this=text("Encounter/"), expression=column("id"), safe=True))
    is_named = exp.In(this=ref, query=_named_in(resource).subquery(copy=False))
    counting = exp.select(_alias(ref.copy(), REF), column(PATIENT_ID), column(WHOSE), copy=False)
    counting = counting.from_(_table(TABLES["Encounter"]), copy=False).where(
        every([_stands(), is_named]), copy=False
    )
    subject, whose = _value_if(SUBJECT), _value_if(WHOSE)
    others = exp.select(
        _alias(column("id"), REF), _alias(subject, PATIENT_ID), _alias(whose, WHOSE), copy=False
    )
    is_either = is_one_of(column("name"), [text(SUBJECT), text(WHOSE)])
    is_named = exp.In(this=column("id"), query=_named_in(resource).subquery(copy=False))
    others = others.from_(_table(VALUE), copy=False).where(
        every([_stands(), is_either, is_named]), copy=False
    )
    return _all((counting, others))


def _of_visits(resource: ResourceType, name: str) -> exp.Select:
    return exp.select(column(name), copy=False).from_(
        _visits(resource).subquery(_VISIT, copy=False), copy=False
    )


def _value_if(name: str) -> exp.Expr:
    is_it = exp.EQ(this=column("name"), expression=text(name))
    return exp.Case(ifs=[exp.If(this=is_it, true=column("value"))])


def _id_in(ref: exp.Expr) -> exp.Expr:
    """Take the type off a reference."""
    return exp.Substring(this=ref, start=number(_AFTER_TYPE))


def _stands() -> exp.Expr:
    return no(surely(column("deleted")))


def _records(resource: ResourceType) -> exp.Table:
    return _table(TABLES[resource], _ROW)


def _table(name: str, alias: str | None = None) -> exp.Table:
    return exp.to_table(exp.to_identifier(name, quoted=True).sql(), alias=alias)


def _alias(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, name, quoted=True, copy=False)


def _all(queries: Sequence[exp.Query]) -> exp.Query:
    """Put the rows of all under one another."""
    first, *rest = queries
    for one in rest:
        first = exp.union(first, one, distinct=False, copy=False)
    return first
