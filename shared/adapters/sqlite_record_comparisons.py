"""Search values with a prefix (`ge2024-05`, `gt7.0||%`) as SQL over two columns, a low and a high end.

The comparisons are those of Azure Health Data Services: `ge` asks whether the resource ends at or after the
value begins, `le` whether it begins at or before the value ends; `eq` and `ap` ask that it lies within.
"""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.adapters.fhir_search_query import unescaped
from shared.fhir.instants import DAWN, DUSK, Span, microseconds, span_of
from shared.kernel.refusals import Nonsense

Sql = tuple[str, list[Any]]
Columns = tuple[str, str]
UNESCAPED_BAR = re.compile(r"(?<!\\)\|")

_PREFIXED = re.compile(r"(?P<prefix>eq|ne|gt|lt|ge|le|sa|eb|ap)?(?P<value>.+)", re.DOTALL)


def _split(value: str) -> tuple[str, str]:
    parts = _PREFIXED.fullmatch(value)
    return (parts["prefix"] or "eq", parts["value"]) if parts else ("eq", value)


def _span(value: str, now: datetime) -> tuple[str, Span]:
    prefix, text = _split(value)
    try:
        span = span_of(text.replace(" ", "+"))  # a plus sign that nobody escaped arrives as a space
    except ValueError:
        raise Nonsense(("", "a date of the search cannot be read")) from None
    if prefix == "ap":
        leeway = abs(microseconds(now) - span.low) // 10
        span = Span(span.low - leeway, span.high + leeway)
    return prefix, span


def bounded(columns: Columns, value: str, now: datetime) -> Sql:
    """Compare two stretches as Azure Health Data Services does; the named columns are the resource's."""
    prefix, span = _span(value, now)
    return _compare(columns, prefix, span.low, span.high)


def _compare(columns: Columns, prefix: str, first: float, last: float) -> Sql:
    low, high = columns
    if prefix in ("eq", "ap"):
        return f"{low} >= ? AND {high} <= ?", [first, last]
    text, argument = {
        "gt": (f"{high} > ?", last),
        "lt": (f"{low} < ?", first),
        "ge": (f"{high} >= ?", first),
        "le": (f"{low} <= ?", last),
        "sa": (f"{low} > ?", last),
        "eb": (f"{high} < ?", first),
    }.get(prefix, ("", 0))
    return (text, [argument]) if text else (f"({low} < ? OR {high} > ?)", [first, last])


def reach(value: str, now: datetime) -> tuple[int, int]:
    """Give the times outside of which nothing can meet the value: the resource must end and begin within."""
    prefix, span = _span(value, now)
    if prefix in ("eq", "ap"):
        return span.low, span.high
    if prefix in ("gt", "sa", "ge"):
        return span.low, DUSK
    return DAWN, DUSK if prefix == "ne" else span.high


def hull(bounds: Sequence[Sequence[tuple[int, int]]]) -> tuple[int, int]:
    """Narrow by every criterion; within one, any of its values will do."""
    return (
        max(min(low for low, _ in some) for some in bounds),
        min(max(high for _, high in some) for some in bounds),
    )


def measured(columns: Columns, value: str) -> Sql:
    """Read `gt7.0|http://unitsofmeasure.org|%`; an unprefixed number means what rounds to it."""
    number, *unit = UNESCAPED_BAR.split(value)
    prefix, text = _split(number)
    if not re.fullmatch(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,2})?", text):
        raise Nonsense(("", "a number of the search cannot be read"))
    amount = float(text)
    leeway = _leeway(prefix, text, amount)
    upper = math.nextafter(amount + leeway, amount)  # what rounds up is the next number's
    compared, arguments = _compare(columns, prefix, amount - leeway, upper if leeway else amount)
    return _in_unit(compared, arguments, [unescaped(part) for part in unit])


def _leeway(prefix: str, text: str, amount: float) -> float:
    if prefix == "ap":
        return abs(amount) / 10
    if prefix in ("eq", "ne"):
        mantissa, _, exponent = text.lower().partition("e")
        return 0.5 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return 0.0


def _in_unit(compared: str, arguments: list[Any], unit: list[str]) -> Sql:
    if not any(unit):
        return compared, arguments
    system, code = unit[0], unit[1] if len(unit) > 1 else ""
    if system:
        return f"({compared}) AND x.unit = ?", [*arguments, f"{system}|{code}"]
    return f"({compared}) AND substr(x.unit, instr(x.unit, '|') + 1) = ?", [*arguments, code]
