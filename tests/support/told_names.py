"""The names by which the code tells what happens: of log lines, of spans and of measurements."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from tests.support.tree import ROOT, parsed, python_files

FOLDERS = ("functions", "shared", "local")
NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


@cache
def logged() -> frozenset[str]:
    """Give the name of every event that is logged."""
    return frozenset(
        name
        for path in python_files(*FOLDERS)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef)
        for name in _logged_in(node)
    )


@cache
def noted() -> frozenset[str]:
    """Give every name, as far as it is written out, under which an event is logged with a value."""
    return frozenset(
        key.value
        for path in python_files(*FOLDERS)
        for call in ast.walk(parsed(path))
        if isinstance(call, ast.Call) and _is_log(call)
        for word in call.keywords
        if word.arg == "extra"
        for told in ast.walk(word.value)
        if isinstance(told, ast.Dict)
        for key in told.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    )


def spans() -> set[str]:
    """Give the name of every span."""
    return {name for call in _calls() if _named(call) in {"span", "begin"} for name in _texts(call.args[:1])}


@cache
def measured() -> Mapping[str, set[str]]:
    """Give each measurement that is taken, and its labels."""
    found: dict[str, set[str]] = {}
    for call in _calls():
        if _named(call) in {"count", "measure"}:
            for name in _texts(call.args[:1]):
                found.setdefault(name, set()).update(word.arg for word in call.keywords if word.arg)
    return found


def _logged_in(function: ast.FunctionDef) -> set[str]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and _is_log(node)]
    return {name for call in calls for name in _texts(call.args[:1]) or _texts([function])}


def _is_log(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in LEVELS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "log"
    )


def _calls() -> Iterator[ast.Call]:
    for path in python_files(*FOLDERS):
        if path == ROOT / "shared/kernel/tracing.py":
            continue
        yield from (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call))


def _named(call: ast.Call) -> str:
    """Give which function of `tracing` is called."""
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return call.func.attr if call.func.value.id == "tracing" else ""
    return ""


def _texts(nodes: Sequence[ast.AST]) -> set[str]:
    """Give the dotted names that stand in them: one chosen before it is logged stands in the function."""
    return {
        node.value
        for each in nodes
        for node in ast.walk(each)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value)
    }
