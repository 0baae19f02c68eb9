"""How many resources of a relationship lead to several others, or are led to by several (UN-12)."""

from sqlglot import exp

from shared.segments.facts import LINK, VALUE
from shared.segments.relationships import Relationship
from shared.segments.sql.record_tests import codes_of
from shared.segments.sql.words import (
    SPELLINGS,
    Spelling,
    asks_when,
    column,
    every,
    is_one_of,
    no,
    surely,
    text,
)

LEAD_TO_SEVERAL, LED_TO_BY_SEVERAL = "lead_to_several", "led_to_by_several"
_REF, _VALUE, _FIRST, _LAST = "ref", "value", "first", "last"


def sql_for_several(relationship: Relationship, *, dialect: str = "duckdb") -> str:
    """Give one SELECT of a row of both numbers; its parameter is `$as_of`, as everybody's.

    No pair is put together: of each value only the first and the last who have it are looked at. Of one that
    goes through others there is nothing to count.
    """
    spelling = SPELLINGS[dialect]
    numbers = [
        exp.alias_(_several(relationship, spelling, is_back=is_back), name, quoted=True, copy=False)
        for is_back, name in ((False, LEAD_TO_SEVERAL), (True, LED_TO_BY_SEVERAL))
    ]
    return exp.select(*numbers, copy=False).where(asks_when(), copy=False).sql(dialect=dialect, copy=False)


def _several(relationship: Relationship, spelling: Spelling, *, is_back: bool) -> exp.Subquery:
    """Count those on one side to which more than one on the other belongs."""
    near, far = (
        _side(relationship, spelling, is_far=is_back),
        _side(relationship, spelling, is_far=not is_back),
    )
    ends = exp.select(
        column(_VALUE),
        _named(exp.Min(this=column(_REF)), _FIRST),
        _named(exp.Max(this=column(_REF)), _LAST),
        copy=False,
    )
    ends = ends.from_(far.subquery("far", copy=False), copy=False).group_by(column(_VALUE), copy=False)
    same = exp.EQ(this=column(_VALUE, "near"), expression=column(_VALUE, "ends"))
    differ = exp.NEQ(
        this=exp.Min(this=column(_FIRST, "ends")), expression=exp.Max(this=column(_LAST, "ends"))
    )
    several = exp.select(column(_REF, "near"), copy=False).from_(
        near.subquery("near", copy=False), copy=False
    )
    several = several.join(ends.subquery("ends", copy=False), on=same, join_type="INNER", copy=False)
    several = several.group_by(column(_REF, "near"), copy=False).having(differ, copy=False)
    counted = exp.select(exp.Count(this=exp.Star()), copy=False)
    return counted.from_(several.subquery("several", copy=False), copy=False).subquery(copy=False)


def _side(relationship: Relationship, spelling: Spelling, *, is_far: bool) -> exp.Select:
    """Give `ref` and `value` of one side; of a reference, what is referred to is the value of both."""
    type_ = relationship.to_type if is_far else relationship.from_type
    if relationship.over == "value":
        return _holders(type_, relationship.path, spelling)
    ref = "to_ref" if is_far else "id"
    selected = exp.select(_named(column(ref), _REF), _named(column("to_ref"), _VALUE), copy=False)
    return selected.from_(_view(LINK), copy=False).where(
        every(
            [
                _stands(),
                is_one_of(column("name"), [text(relationship.path)]),
                _is_a(relationship.from_type, "id"),
                _is_a(relationship.to_type, "to_ref"),
            ]
        ),
        copy=False,
    )


def _holders(type_: str, name: str, spelling: Spelling) -> exp.Select:
    if name == "code":
        return exp.select(column(_REF), column(_VALUE), copy=False).from_(
            codes_of(type_, spelling), copy=False
        )
    selected = exp.select(_named(column("id"), _REF), column(_VALUE), copy=False)
    return selected.from_(_view(VALUE), copy=False).where(
        every([_stands(), is_one_of(column("name"), [text(name)]), _is_a(type_, "id")]), copy=False
    )


def _stands() -> exp.Expr:
    return no(surely(column("deleted")))


def _is_a(type_: str, name: str) -> exp.Expr:
    return exp.StartsWith(this=column(name), expression=text(f"{type_}/"))


def _view(name: str) -> exp.Table:
    return exp.to_table(exp.to_identifier(name, quoted=True).sql())


def _named(value: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(value, name, quoted=True, copy=False)
