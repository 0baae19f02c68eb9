"""A place within a resource, spelt in as much of FHIRPath as a column needs (FH-5).

`name[0].family`, `telecom.where(system='phone' and use='mobile').value`,
`component.where(code.coding[0].code='8480-6').valueQuantity.value`: elements by the names that JSON has for
them, one of several by its number or by what is said in it (http://hl7.org/fhirpath/N1/).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from shared.kernel.refusals import Nonsense

LONGEST = 300
MOST_OF_ONE = 100
"""So many of one element can be counted to: what stands behind is found by what is said in it."""
_NAME = r"[a-z][A-Za-z0-9]{0,63}"
_STEP = re.compile(
    rf"(?P<name>{_NAME})(?:\[(?P<number>\d{{1,2}})\]|\.where\((?P<where>[^()]*)\))?(?P<more>\.|$)"
)
_CONDITION = re.compile(
    rf"(?P<path>{_NAME}(?:\[\d{{1,2}}\])?(?:\.{_NAME}(?:\[\d{{1,2}}\])?)*)='(?P<text>[^'\\]{{1,200}})'"
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What is said in the one that is meant."""

    path: "ElementPath"
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One element; of several the one with a number, or the first of which the conditions hold."""

    name: str
    number: int | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def is_of_several(self) -> bool:
        return self.number is not None or bool(self.conditions)


@dataclass(frozen=True, slots=True)
class ElementPath:
    """A way down from the resource to one value."""

    steps: tuple[Step, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(step.name for step in self.steps)


def path_of(text: str) -> ElementPath:
    """Read a path, or raise `Nonsense`."""
    if len(text) > LONGEST:
        raise Nonsense(("", f"more than {LONGEST} characters"))
    steps: list[Step] = []
    place = 0
    while True:
        found = _STEP.match(text, place)
        if found is None:
            raise Nonsense(("", "not a path of elements, [n] and where(element='text')"))
        number, where = found["number"], found["where"]
        conditions = () if where is None else _conditions(where)
        steps.append(Step(found["name"], int(number) if number else None, conditions))
        place = found.end()
        if not found["more"]:
            return ElementPath(tuple(steps))


def _conditions(text: str) -> tuple[Condition, ...]:
    made: list[Condition] = []
    for part in text.split(" and "):
        found = _CONDITION.fullmatch(part.strip())
        if found is None:
            raise Nonsense(("", "a condition is not of the form element='text'"))
        made.append(Condition(path_of(found["path"]), found["text"]))
    return tuple(made)


def found_at(resource: Mapping[str, Any], path: ElementPath) -> Any:
    """Give what stands there, or None."""
    held: Any = resource
    for step in path.steps:
        if not isinstance(held, Mapping):
            return None
        held = cast("Mapping[str, Any]", held).get(step.name)
        if step.is_of_several:
            place = _place(held, step)
            held = None if place is None else held[place]
    return held


def standing_at(resource: Mapping[str, Any], path: ElementPath, value: Any) -> dict[str, Any]:
    """Give the resource with this value there, or, of None, with nothing there; the original stays as it was.

    What is needed on the way is made. Where the last of it goes, so does what then says nothing more. What
    was said beside a primitive value (`_birthDate`) goes with the value that it was said of.

    Raises `Nonsense` where a number would leave a gap, or something else stands in the way.
    """
    made = _with(resource, path.steps, value)
    return {} if made is None else made


def _with(held: Any, steps: tuple[Step, ...], value: Any) -> dict[str, Any] | None:
    step, *rest = steps
    if held is not None and not isinstance(held, Mapping):
        raise Nonsense(("", "something else stands in its way"))
    before = cast("dict[str, Any]", dict(held or {}))  # pyright: ignore[reportUnknownArgumentType]  # any JSON may stand here
    old = before.get(step.name)
    new = _of_several(old, step, tuple(rest), value) if step.is_of_several else _next(old, tuple(rest), value)
    if new == old:
        return before or None
    if not rest and not step.is_of_several:
        before.pop(f"_{step.name}", None)
    if new is None:
        before.pop(step.name, None)
    else:
        before[step.name] = new
    return before or None


def _next(old: Any, rest: tuple[Step, ...], value: Any) -> Any:
    if rest:
        return _with(old, rest, value)
    return value


def _of_several(old: Any, step: Step, rest: tuple[Step, ...], value: Any) -> list[Any] | None:
    if old is not None and not isinstance(old, list):
        raise Nonsense(("", "something else stands in its way"))
    items = list(cast("list[Any]", old or []))
    place = _place(items, step)
    if place is None:
        if value is None:
            return items or None
        if step.number is not None and step.number != len(items):
            raise Nonsense(("", "would leave a gap before it"))
        place = len(items)
        items.append(_as_asked_for(step))
    new = _next(items[place], rest, value)
    if new is None or (value is None and step.conditions and new == _as_asked_for(step)):
        del items[place]
    else:
        items[place] = new
    return items or None


def _place(held: Any, step: Step) -> int | None:
    items = cast("list[Any]", held) if isinstance(held, list) else []
    if step.number is not None:
        return step.number if step.number < len(items) else None
    return next((place for place, one in enumerate(items) if _meets(one, step)), None)


def _meets(item: Any, step: Step) -> bool:
    return isinstance(item, Mapping) and all(
        found_at(cast("Mapping[str, Any]", item), one.path) == one.text for one in step.conditions
    )


def _as_asked_for(step: Step) -> dict[str, Any] | None:
    """Make one that meets the conditions and says nothing else."""
    made: dict[str, Any] = {}
    for one in step.conditions:
        made = standing_at(made, one.path, one.text)
    return made or None
