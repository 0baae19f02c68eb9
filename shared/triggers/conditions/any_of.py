"""At least one of several conditions holds."""

from shared.triggers.conditions.value import Compile, Predicate
from shared.triggers.model import AnyOf


def compiled(condition: AnyOf, compile_one: Compile) -> Predicate:
    """Ask each until one holds."""
    either = tuple(compile_one(part) for part in condition.conditions)
    return lambda resource: any(holds(resource) for holds in either)
