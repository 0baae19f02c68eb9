"""What an expression of a query says about a document: three-valued, with undefined beside true and false."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from tests.stand_ins.cosmos import sql_tree as tree
from tests.stand_ins.cosmos.refusals import Refused
from tests.stand_ins.cosmos.values import BY_OPERATOR, UNDEFINED, Value, are_equal, at, compare, rank

Document = Mapping[str, Any]
Parameters = Mapping[str, Any]
Meaning = Callable[[Document, Parameters], Value]

_TYPES = {"IS_NULL": 1, "IS_BOOL": 2, "IS_NUMBER": 3, "IS_STRING": 4, "IS_ARRAY": 5, "IS_OBJECT": 6}


def meaning_of(expression: tree.Expression) -> Meaning:
    """Turn an expression into a function of a document and the parameters."""
    match expression:
        case tree.Constant() | tree.Parameter() | tree.Path():
            return _leaf(expression)
        case tree.ArrayOf() | tree.ObjectOf():
            return _construction(expression)
        case tree.Call(function, arguments):
            return _call(function, tuple(meaning_of(each) for each in arguments))
        case tree.Comparison(operator, left, right):
            return _comparison(operator, meaning_of(left), meaning_of(right))
        case tree.Not() | tree.All() | tree.Any() | tree.OneOf():
            return _logic(expression)


def paths_in(expression: tree.Expression | None) -> frozenset[tree.Path]:
    """Give the paths an expression looks at."""
    if isinstance(expression, tree.Path):
        return frozenset({expression})
    found: set[tree.Path] = set()
    for part in _parts_of(expression):
        found |= paths_in(part)
    return frozenset(found)


def _parts_of(expression: tree.Expression | None) -> tuple[tree.Expression, ...]:
    match expression:
        case tree.Not(what):
            return (what,)
        case tree.All(parts) | tree.Any(parts) | tree.ArrayOf(parts) | tree.Call(_, parts):
            return parts
        case tree.Comparison(_, left, right):
            return left, right
        case tree.OneOf(what, options):
            return what, *options
        case tree.ObjectOf(members):
            return tuple(member for _, member in members)
        case _:
            return ()


def _leaf(expression: tree.Constant | tree.Parameter | tree.Path) -> Meaning:
    match expression:
        case tree.Constant(value):
            return lambda _document, _given: value
        case tree.Parameter(name):
            return lambda _document, given: _given_as(name, given)
        case tree.Path((str() as name,)):
            return lambda document, _given: document.get(name, UNDEFINED)
        case tree.Path(steps):
            return lambda document, _given: at(document, steps)


def _comparison(operator: str, left: Meaning, right: Meaning) -> Meaning:
    """Compare, and take the short way where both are text or whole numbers, as most things compared are."""
    plainly = BY_OPERATOR[operator]

    def compared(document: Document, given: Parameters) -> Value:
        a, b = left(document, given), right(document, given)
        if type(a) is type(b) and type(a) in (str, int):
            return plainly(a, b)
        return compare(operator, a, b)

    return compared


def _given_as(name: str, given: Parameters) -> Value:
    if name not in given:
        raise Refused(400, f"The parameter {name} was not given.")
    return given[name]


def _logic(expression: tree.Not | tree.All | tree.Any | tree.OneOf) -> Meaning:
    match expression:
        case tree.Not(what):
            inner = meaning_of(what)
            return lambda document, given: _turned(inner(document, given))
        case tree.All(parts):
            return _joined(parts, stops_at=False)
        case tree.Any(parts):
            return _joined(parts, stops_at=True)
        case tree.OneOf(what, options):
            return _joined(tuple(tree.Comparison("=", what, each) for each in options), stops_at=True)


def _turned(value: Value) -> Value:
    return not value if isinstance(value, bool) else UNDEFINED


def _joined(parts: tuple[tree.Expression, ...], *, stops_at: bool) -> Meaning:
    """AND is false once one part is, OR true once one part is; else one undefined makes it undefined."""
    meanings = tuple(meaning_of(part) for part in parts)

    def joined(document: Document, given: Parameters) -> Value:
        answer: Value = not stops_at
        for meaning in meanings:
            value = meaning(document, given)
            if value is stops_at:
                return stops_at
            if not isinstance(value, bool):
                answer = UNDEFINED
        return answer

    return joined


def _construction(expression: tree.ArrayOf | tree.ObjectOf) -> Meaning:
    """Make an array or an object of what is defined."""
    if isinstance(expression, tree.ArrayOf):
        items = tuple(meaning_of(item) for item in expression.items)
        return lambda document, given: [
            value for item in items if (value := item(document, given)) is not UNDEFINED
        ]
    members = tuple((name, meaning_of(member)) for name, member in expression.members)
    return lambda document, given: {
        name: value for name, member in members if (value := member(document, given)) is not UNDEFINED
    }


def _call(function: str, arguments: tuple[Meaning, ...]) -> Meaning:
    if function == "COUNT":
        raise Refused(400, "COUNT stands alone: SELECT VALUE COUNT(1).")
    needed = {"STARTSWITH": (2,), "CONTAINS": (2,), "ARRAY_CONTAINS": (2,)}.get(function, (1,))
    if len(arguments) not in needed:
        raise Refused(
            400, f"{function} takes {needed[0]} here; its other forms are not known to this gateway."
        )
    if len(arguments) == 1:
        return _about_type(function, arguments[0])
    return _about_two(function, *arguments)


def _about_type(function: str, what: Meaning) -> Meaning:
    if function == "IS_DEFINED":
        return lambda document, given: what(document, given) is not UNDEFINED
    wanted = _TYPES[function]
    return lambda document, given: rank(what(document, given)) == wanted


def _about_two(function: str, first: Meaning, second: Meaning) -> Meaning:
    def about(document: Document, given: Parameters) -> Value:
        whole, part = first(document, given), second(document, given)
        if function == "ARRAY_CONTAINS":
            return _array_contains(whole, part)
        if not isinstance(whole, str) or not isinstance(part, str):
            return UNDEFINED
        return whole.startswith(part) if function == "STARTSWITH" else part in whole

    return about


def _array_contains(whole: Value, part: Value) -> Value:
    if not isinstance(whole, list) or part is UNDEFINED:
        return UNDEFINED
    return any(are_equal(each, part) for each in cast("list[Any]", whole))
