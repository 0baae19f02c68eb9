"""The SQL that the other files are made of.

All of it is built as a tree, so a value from a definition is a literal wherever it ends up, never SQL. Every
condition is true or false, never unknown: `NOT` and `OR` then mean what they mean to the other evaluator.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

AS_OF = "as_of"
Join = Callable[[exp.Expr, exp.Expr], exp.Expr]


@dataclass(frozen=True, slots=True)
class Spelling:
    """What the tree cannot say for all dialects alike."""

    dialect: str
    overlaps: str
    each: str


SPELLINGS = {
    "duckdb": Spelling("duckdb", "LIST_HAS_ANY", "UNNEST"),
    "spark": Spelling("spark", "ARRAYS_OVERLAP", "EXPLODE"),
}


def text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    return exp.convert(value)


def double(value: float) -> exp.Expr:
    """Give a DOUBLE, to the last bit: a bare 9.1 would be a decimal."""
    return exp.cast(text(repr(float(value))), exp.DataType.Type.DOUBLE)


def column(name: str, table: str | None = None) -> exp.Expr:
    return exp.column(name, table=table, quoted=True)


def surely(condition: exp.Expr) -> exp.Expr:
    """Take what is unknown for false."""
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def both(first: exp.Expr, second: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.And(this=first, expression=second))


def either(first: exp.Expr, second: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.Or(this=first, expression=second))


def every(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """Join by AND; of none, true."""
    return _joined(both, list(conditions)) or exp.true()


def any_of(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """Join by OR; of none, false."""
    return _joined(either, list(conditions)) or exp.false()


def _joined(join: Join, conditions: Sequence[exp.Expr]) -> exp.Expr | None:
    """Join halves of halves: two hundred in a row would nest too deep to be written or read."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    middle = len(conditions) // 2
    first, second = _joined(join, conditions[:middle]), _joined(join, conditions[middle:])
    return join(first, second) if first and second else None


def no(condition: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Paren(this=condition))


def is_one_of(tested: exp.Expr, options: Sequence[exp.Expr]) -> exp.Expr:
    return surely(exp.In(this=tested, expressions=list(options))) if options else exp.false()


def is_there(tested: exp.Expr) -> exp.Expr:
    return no(exp.Is(this=tested, expression=exp.null()))


def is_absent(tested: exp.Expr) -> exp.Expr:
    return exp.Is(this=tested, expression=exp.null())


def moment() -> exp.Expr:
    """Give the moment asked about."""
    return exp.cast(exp.Placeholder(this=AS_OF), exp.DataType.Type.TIMESTAMPNTZ)


def asks_when() -> exp.Expr:
    """Say nothing but name the moment: a statement that does not name its parameter refuses it."""
    return is_there(moment())


def days(count: int) -> exp.Expr:
    return exp.Interval(this=text(str(count)), unit=exp.var("DAY"))


def days_before(count: int) -> exp.Expr:
    return exp.Paren(this=exp.Sub(this=moment(), expression=days(count)))


def days_after(count: int) -> exp.Expr:
    return exp.Paren(this=exp.Add(this=moment(), expression=days(count)))
