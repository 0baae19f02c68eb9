"""The measured quantity lies on one side of a threshold."""

from collections.abc import Callable
from typing import Any, cast

from shared.fhir.criteria import Comparison, ValueIs
from shared.fhir.ports import Resource
from shared.triggers.model import Condition

Predicate = Callable[[Resource], bool]
Compile = Callable[[Condition], Predicate]
Lies = Callable[[Any], bool]

_LIES: dict[Comparison, Callable[[float, float], bool]] = {
    "above": lambda value, threshold: value > threshold,
    "at_least": lambda value, threshold: value >= threshold,
    "below": lambda value, threshold: value < threshold,
    "at_most": lambda value, threshold: value <= threshold,
}
_UPWARD = frozenset({"above", "at_least"})
_MORE, _LESS, _STRICT = frozenset({">", ">="}), frozenset({"<", "<="}), frozenset({">", "<"})


def compiled(condition: ValueIs, _compile: Compile) -> Predicate:
    """Ask it of `valueQuantity`."""
    lies = quantity_that_lies(condition.comparison, condition.threshold, condition.unit)
    return lambda resource: lies(resource.get("valueQuantity"))


def quantity_that_lies(comparison: Comparison, threshold: float, unit: str | None) -> Lies:
    """Make the question for a FHIR Quantity; an absent one, another unit and an unsure comparator all say no.

    A laboratory's "> 14" is above 9; its "< 14" is not known to be above anything.
    """
    compare = _LIES[comparison]
    exceeds = _LIES["at_least" if comparison in _UPWARD else "at_most"]
    sure = _MORE if comparison in _UPWARD else _LESS

    def lies(quantity: Any) -> bool:
        value = _value_in(quantity, unit)
        if value is None:
            return False
        comparator = quantity.get("comparator")
        if comparator is None:
            return compare(value, threshold)
        return comparator in sure and (exceeds if comparator in _STRICT else compare)(value, threshold)

    return lies


def _value_in(quantity: Any, unit: str | None) -> float | None:
    """Read the number, provided that the unit, where both sides name one, is the same."""
    if not isinstance(quantity, dict):
        return None
    found = cast("dict[str, Any]", quantity)
    value, units = found.get("value"), {found.get("code"), found.get("unit")} - {None}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if unit is None or not units or unit in units else None
