"""A field holds one of some texts."""

from collections.abc import Iterator, Sequence
from typing import Any

from shared.triggers.conditions.value import Compile, Predicate
from shared.triggers.model import FieldIs


def compiled(condition: FieldIs, _compile: Compile) -> Predicate:
    """Ask it of whatever the path leads to."""
    path, wanted = condition.path.split("."), frozenset(condition.one_of)
    return lambda resource: any(found in wanted for found in _found(resource, path))


def _found(value: Any, path: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for element in value:  # pyright: ignore[reportUnknownVariableType]  # JSON
            yield from _found(element, path)
    elif path:
        if isinstance(value, dict):
            yield from _found(value.get(path[0]), path[1:])  # pyright: ignore[reportUnknownMemberType]  # JSON
    elif isinstance(value, str):
        yield value
