"""Walking from a resource to the values of a search parameter."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from shared.adapters.fhir_search_kinds import Kind
from shared.adapters.fhir_search_parameters import parameters_of

Step = tuple[str, str, str]
"""An element's name, and the field and its text that it is kept for."""
Walk = Callable[[Any], list[Any]]


@cache
def walks_by_element(type_: str) -> Mapping[str, list[tuple[str, Kind, Walk]]]:
    """Arrange the parameters of a type by the element they lie in, so that absent ones cost nothing."""
    arranged: dict[str, list[tuple[str, Kind, Walk]]] = {}
    for parameter in parameters_of(type_).values():
        for path in parameter.paths:
            steps = [_step(text) for text in path.split(".")]
            arranged.setdefault(steps[0][0], []).append((parameter.key, parameter.kind, _walk(steps)))
    return arranged


@cache
def narrowings(type_: str) -> Mapping[str, Mapping[str, str]]:
    """Give for each kept reference the types that other parameters narrow it to, and under which keys."""
    found: dict[str, dict[str, str]] = {}
    for parameter in parameters_of(type_).values():
        if parameter.only:
            found.setdefault(parameter.key, {})[parameter.only] = parameter.key_of_identifiers
    return found


def fields(value: Any) -> dict[str, Any]:
    """Give a JSON object as it is, and anything else as an object without fields."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """Give a list as it is, nothing as no items, and anything else as one."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _step(text: str) -> Step:
    name, _, condition = text.removesuffix("]").partition("[")
    field, _, wanted = condition.partition("=")
    return name, field, wanted


def _walk(steps: Sequence[Step]) -> Walk:
    """Follow a path from the value of its first element."""
    first, *rest = steps
    if not rest and not first[1]:
        return listed

    def walked(value: Any) -> list[Any]:
        places = _kept(listed(value), first)
        for step in rest:
            places = _kept([v for place in places for v in listed(fields(place).get(step[0]))], step)
        return places

    return walked


def _kept(places: list[Any], step: Step) -> list[Any]:
    _, field, wanted = step
    return [place for place in places if fields(place).get(field) == wanted] if field else places
