"""A query's parts as text again, for the query that a client asks each range."""

import json

from tests.stand_ins.cosmos import sql_tree as tree
from tests.stand_ins.cosmos.values import UNDEFINED


def spelling_of(expression: tree.Expression) -> str:
    """Spell an expression so that it is read back as the same; the document is `c`."""
    match expression:
        case tree.Constant(value):
            return "undefined" if value is UNDEFINED else json.dumps(value)
        case tree.Parameter(name):
            return name
        case tree.Path(steps):
            return "c" + "".join(f"[{json.dumps(step)}]" for step in steps)
        case tree.ArrayOf() | tree.ObjectOf() | tree.Call():
            return _constructed(expression)
        case _:
            return _logic(expression)


def _constructed(expression: tree.ArrayOf | tree.ObjectOf | tree.Call) -> str:
    match expression:
        case tree.ArrayOf(items):
            return f"[{_listed(items)}]"
        case tree.ObjectOf(members):
            return "{" + ", ".join(f"{json.dumps(name)}: {spelling_of(each)}" for name, each in members) + "}"
        case tree.Call(function, arguments):
            return f"{function}({_listed(arguments)})"


def _logic(expression: tree.Not | tree.All | tree.Any | tree.Comparison | tree.OneOf) -> str:
    match expression:
        case tree.Not(what):
            return f"(NOT {spelling_of(what)})"
        case tree.All(parts):
            return f"({' AND '.join(map(spelling_of, parts))})"
        case tree.Any(parts):
            return f"({' OR '.join(map(spelling_of, parts))})"
        case tree.Comparison(operator, left, right):
            return f"({spelling_of(left)} {operator} {spelling_of(right)})"
        case tree.OneOf(what, options):
            return f"({spelling_of(what)} IN ({_listed(options)}))"


def _listed(expressions: tuple[tree.Expression, ...]) -> str:
    return ", ".join(map(spelling_of, expressions))
