"""Changing a resource by a JSON Patch (RFC 6902)."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, cast

from shared.fhir.refusals import NotPatchable
from shared.kernel.refusals import Nonsense

MOST_COPIES = 8
"""Each copy may double a resource: eight make it 256 times as large, and two dozen would fill the memory."""


class PatchTestFailed(NotPatchable):
    """A test operation of the patch does not hold."""


def patched(resource: dict[str, Any], operations: Any) -> dict[str, Any]:
    """Give the resource with all operations applied, in order; the original stays as it was.

    Raises `Nonsense` for what is no JSON Patch, `NotPatchable` when a path is not there, `PatchTestFailed`
    when a `test` does not hold.
    """
    if not isinstance(operations, list):
        raise Nonsense(("", "a JSON Patch is an array of operations"))
    changed: Any = deepcopy(resource)
    copied = 0
    for number, operation in enumerate(cast("list[Any]", operations)):
        copied += _is_copy(operation)
        if copied > MOST_COPIES:
            raise Nonsense((f"[{number}].op", f"more than {MOST_COPIES} copies"))
        changed = _applied(changed, operation, number)
    return changed


def _is_copy(operation: Any) -> bool:
    return isinstance(operation, dict) and cast("dict[str, Any]", operation).get("op") == "copy"


def _applied(document: Any, operation: Any, number: int) -> Any:
    asked = cast("dict[str, Any]", operation) if isinstance(operation, dict) else {}
    act = _ACTS.get(str(asked.get("op")))
    if act is None:
        raise Nonsense((f"[{number}].op", "unknown operation"))
    return act(document, asked, number)


def _add(document: Any, operation: dict[str, Any], number: int) -> Any:
    return _put(document, _steps(operation, "path", number), _value(operation, number))


def _remove(document: Any, operation: dict[str, Any], number: int) -> Any:
    _take(document, _steps(operation, "path", number))
    return document


def _replace(document: Any, operation: dict[str, Any], number: int) -> Any:
    steps = _steps(operation, "path", number)
    _get(document, steps)
    if steps:
        _take(document, steps)
    return _put(document, steps, _value(operation, number))


def _move(document: Any, operation: dict[str, Any], number: int) -> Any:
    value = _take(document, _steps(operation, "from", number))
    return _put(document, _steps(operation, "path", number), value)


def _copy(document: Any, operation: dict[str, Any], number: int) -> Any:
    value = deepcopy(_get(document, _steps(operation, "from", number)))
    return _put(document, _steps(operation, "path", number), value)


def _test(document: Any, operation: dict[str, Any], number: int) -> Any:
    found, expected = _get(document, _steps(operation, "path", number)), _value(operation, number)
    if not _same(found, expected):
        raise PatchTestFailed
    return document


def _same(one: Any, other: Any) -> bool:
    """Compare as RFC 6902 does: numbers by what they amount to, and a truth value is no number."""
    if isinstance(one, dict) and isinstance(other, dict):
        ours, theirs = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return ours.keys() == theirs.keys() and all(_same(ours[name], theirs[name]) for name in ours)
    if isinstance(one, list) and isinstance(other, list):
        mine, yours = cast("list[Any]", one), cast("list[Any]", other)
        return len(mine) == len(yours) and all(map(_same, mine, yours))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


_ACTS: dict[str, Callable[[Any, dict[str, Any], int], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _steps(operation: dict[str, Any], name: str, number: int) -> list[str]:
    pointer = operation.get(name)
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise Nonsense((f"[{number}].{name}", "not a JSON pointer"))
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _value(operation: dict[str, Any], number: int) -> Any:
    if "value" not in operation:
        raise Nonsense((f"[{number}].value", "missing"))
    return operation["value"]


def _get(document: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        document = _child(document, step)
    return document


def _child(parent: Any, step: str) -> Any:
    inside = _opened(parent)
    if isinstance(inside, list):
        return inside[_place(inside, step, beyond=0)]
    if step not in inside:
        raise NotPatchable
    return inside[step]


def _put(document: Any, steps: Sequence[str], value: Any) -> Any:
    if not steps:
        return value
    parent = _opened(_get(document, steps[:-1]))
    if isinstance(parent, list):
        parent.insert(_place(parent, steps[-1], beyond=1), value)
    else:
        parent[steps[-1]] = value
    return document


def _take(document: Any, steps: Sequence[str]) -> Any:
    if not steps:
        raise NotPatchable
    parent = _opened(_get(document, steps[:-1]))
    value = _child(parent, steps[-1])
    if isinstance(parent, list):
        del parent[_place(parent, steps[-1], beyond=0)]
    else:
        del parent[steps[-1]]
    return value


def _opened(value: Any) -> dict[str, Any] | list[Any]:
    """Give what has parts. Raises `NotPatchable` for what has none."""
    if isinstance(value, dict | list):
        return cast("dict[str, Any] | list[Any]", value)
    raise NotPatchable


def _place(items: list[Any], step: str, *, beyond: int) -> int:
    if step == "-" and beyond:
        return len(items)
    if not step.isdecimal() or int(step) >= len(items) + beyond:
        raise NotPatchable
    return int(step)
