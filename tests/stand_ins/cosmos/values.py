"""JSON values as queries see them: what is undefined, which type comes first, and when two are equal."""

import operator
from collections.abc import Callable
from enum import Enum
from types import NoneType
from typing import Any, Final, cast


class Nothing(Enum):
    """The value of a path that leads nowhere; null is a value, this is none."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Nothing.UNDEFINED
Value = Any
"""A JSON value or UNDEFINED."""

BY_OPERATOR: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TYPES = (Nothing, NoneType, bool, (int, float), str, list, dict)
_NULL, _TEXT = 1, 4


def rank(value: Value) -> int:
    """Place the types in the order the service sorts them by."""
    return next(place for place, kind in enumerate(_TYPES) if isinstance(value, kind))


def sort_key(value: Value) -> tuple[int, Any]:
    """Sort by type, then by size or code point; arrays and objects by no order anyone should rest on."""
    place = rank(value)
    if place <= _NULL:
        return place, 0
    return place, value if place <= _TEXT else repr(cast("object", value))


def are_equal(left: Value, right: Value) -> bool:
    """Say whether two defined values are the same; a boolean is never a number."""
    return rank(left) == rank(right) and left == right


def compare(sign: str, left: Value, right: Value) -> Value:
    """Compare two values: undefined where either is, or where their types have no order between them."""
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    if sign in ("=", "!=", "<>"):
        return are_equal(left, right) == (sign == "=")
    if rank(left) != rank(right) or rank(left) > _TEXT:
        return UNDEFINED
    return BY_OPERATOR[sign](sort_key(left), sort_key(right))


def at(value: Value, path: tuple[str | int, ...]) -> Value:
    """Follow a path into a value."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = cast("dict[str, Any]", value).get(step, UNDEFINED)
        elif isinstance(value, list) and isinstance(step, int):
            items = cast("list[Any]", value)
            value = items[step] if 0 <= step < len(items) else UNDEFINED
        else:
            return UNDEFINED
    return value
