"""What a patch makes of an item."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, cast

from tests.stand_ins.cosmos import rules
from tests.stand_ins.cosmos.refusals import Refused
from tests.stand_ins.cosmos.sql_grammar import condition_of
from tests.stand_ins.cosmos.sql_meaning import Meaning, meaning_of
from tests.stand_ins.cosmos.values import rank

NOT_MET = 1110
Place = tuple[dict[str, Any] | list[Any], str]
_NUMBER = 3


def check_condition(spec: Mapping[str, Any], body: Mapping[str, Any]) -> None:
    """Refuse a patch whose condition is not true of the item."""
    condition = spec.get("condition")
    if condition and _meaning(condition)(body, {}) is not True:
        raise Refused(412, "The patch's condition does not hold.", NOT_MET)


def patched(
    spec: Mapping[str, Any], body: Mapping[str, Any], partition_path: tuple[str, ...]
) -> dict[str, Any]:
    """Give the item as the patch leaves it. Refuses a patch that cannot be carried out."""
    operations: Sequence[Mapping[str, Any]] = spec.get("operations", ())
    if not 0 < len(operations) <= rules.MOST_OPERATIONS_IN_A_PATCH:
        raise Refused(400, f"A patch has one to {rules.MOST_OPERATIONS_IN_A_PATCH} operations.")
    changed = deepcopy(dict(body))
    for operation in operations:
        _check_path(operation["path"], partition_path)
        _carry_out(operation, changed)
    return changed


@lru_cache(maxsize=1024)
def _meaning(condition: str) -> Meaning:
    where = condition_of(condition)
    return meaning_of(where) if where else lambda _document, _given: True


def _check_path(path: str, partition_path: tuple[str, ...]) -> None:
    steps = _steps(path)
    if steps[0] == "id" or steps[0] in rules.SYSTEM_NAMES or tuple(steps) == partition_path:
        raise Refused(400, f"A patch may not touch {path}.")


def _carry_out(operation: Mapping[str, Any], body: dict[str, Any]) -> None:
    kind = operation["op"]
    if kind == "move":
        value = _taken(body, operation["from"])
        _added(_place(body, operation["path"]), value)
    elif kind in _WAYS:
        _WAYS[kind](_place(body, operation["path"]), operation.get("value"))
    else:
        raise Refused(400, f"A patch cannot {kind}.")


def _taken(body: dict[str, Any], path: str) -> Any:
    place = _place(body, path)
    value = _value(place)
    _removed(place)
    return value


def _added(place: Place, value: Any) -> None:
    """Set a member; insert into an array, at its end where the place is `-`."""
    parent, step = place
    if isinstance(parent, dict):
        parent[step] = value
    elif step == "-":
        parent.append(value)
    else:
        parent.insert(_index(parent, step, beyond=True), value)


def _set(place: Place, value: Any) -> None:
    parent, step = place
    if isinstance(parent, list) and step != "-":
        parent[_index(parent, step)] = value
    else:
        _added(place, value)


def _replaced(place: Place, value: Any) -> None:
    _value(place)
    _set(place, value)


def _removed(place: Place, _nothing: Any = None) -> None:
    _value(place)
    parent, step = place
    if isinstance(parent, dict):
        del parent[step]
    else:
        del parent[_index(parent, step)]


def _increased(place: Place, by: Any) -> None:
    parent, step = place
    before = _value(place) if isinstance(parent, list) or step in parent else 0
    if rank(before) != _NUMBER or rank(by) != _NUMBER:
        raise Refused(400, "Only numbers can be increased, and by numbers.")
    _set(place, before + by)


_WAYS: dict[str, Callable[[Place, Any], None]] = {
    "add": _added,
    "set": _set,
    "replace": _replaced,
    "remove": _removed,
    "incr": _increased,
}


def _value(place: Place) -> Any:
    """Give what stands at a place. Refuses an empty one."""
    parent, step = place
    if isinstance(parent, list):
        return parent[_index(parent, step)]
    if step not in parent:
        raise Refused(400, f"The patch's path does not lead to anything: {step}.")
    return parent[step]


def _place(body: dict[str, Any], path: str) -> Place:
    """Find the parent of a path. Refuses a path whose parent is not there."""
    *above, last = _steps(path)
    parent: Any = body
    for step in above:
        parent = _value((_parent(parent, path), step))
    return _parent(parent, path), last


def _parent(found: Any, path: str) -> dict[str, Any] | list[Any]:
    if not isinstance(found, dict | list):
        raise Refused(400, f"The patch's path has no parent: {path}.")
    return cast("dict[str, Any] | list[Any]", found)


def _index(items: list[Any], step: str, *, beyond: bool = False) -> int:
    if not step.isdigit() or int(step) >= len(items) + beyond:
        raise Refused(400, f"The patch's path is not within the array: {step}.")
    return int(step)


def _steps(path: str) -> list[str]:
    if not path.startswith("/") or path == "/":
        raise Refused(400, f"A patch's path begins with / and names something: {path}")
    return [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
