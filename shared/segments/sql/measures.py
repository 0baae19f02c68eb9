"""How many groups of a measure meet a rule: one aggregate per rule over each patient's rows."""

from sqlglot import exp

from shared.segments.measured import MeasureIs
from shared.segments.sql.record_tests import COMPARED
from shared.segments.sql.words import column, double, is_there, no, number, surely


def counted(rule: MeasureIs) -> exp.Expr:
    """Give the count of the patient's groups in which the value is as asked, or is set at all."""
    return exp.Filter(this=exp.Count(this=exp.Star()), expression=exp.Where(this=_is_met(rule)))


def is_met(rule: MeasureIs, count: exp.Expr) -> exp.Expr:
    """Give the rule as a condition on that count."""
    is_some = exp.GT(this=count, expression=number(0))
    return no(is_some) if rule.comparison == "not_set" else is_some


def _is_met(rule: MeasureIs) -> exp.Expr:
    value = column(rule.calculation)
    if rule.comparison in ("set", "not_set"):
        return is_there(value)
    as_double = exp.cast(value, exp.DataType.Type.DOUBLE)
    return surely(COMPARED[rule.comparison](this=as_double, expression=double(rule.threshold or 0.0)))
