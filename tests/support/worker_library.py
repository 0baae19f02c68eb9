"""Drives the library that Azure runs our functions with, without host, gRPC or protobuf (azure-facts §1.2).

    python -m tests.support.worker_library APP_FOLDER < invocations.json

It indexes the app in this process, once, as the library can do no more, then makes each invocation with the
library's own converters: `{"function": name, "inputs": {parameter: datum}, "metadata": {name: datum}}`.
A datum is `[type, value]`, as the host would have sent it. What came of it is printed as JSON.
"""

import asyncio
import contextlib
import io
import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import Any, cast


class Spoken(SimpleNamespace):
    """Stands where a protobuf message would: the library only sets and gets fields on it."""


class Outcome(Spoken):
    """`StatusResult` and its numbers."""

    Failure = 0
    Success = 1
    Cancelled = 2


class Binding(Spoken):
    """`BindingInfo` and its numbers, which are those of `azure.functions.BindingDirection`."""

    out = 1
    inout = 2
    undefined = 0
    string = 1
    binary = 2
    stream = 3


setattr(Binding, "in", 0)  # a keyword of Python's, and the protocol's word


class Protocol:
    """The generated protobuf module, as far as the library asks for it."""

    StatusResult = Outcome
    BindingInfo = Binding

    def __getattr__(self, name: str) -> type[Spoken]:
        return Spoken


async def indexed(folder: str) -> tuple[Any, Sequence[Any]]:
    """Let the library load and index the app; give its answer and the functions it found."""
    library = import_module("azure_functions_runtime")  # a judge, absent in most places
    handle_event = import_module("azure_functions_runtime.handle_event")

    sys.path.insert(0, folder)
    asked = Spoken(worker_init_request=Spoken(capabilities={}, function_app_directory=folder))
    answered: Any = await library.worker_init_request(
        Spoken(request=asked, properties={"host": "127.0.0.1", "protos": Protocol()})
    )
    return answered.result, handle_event._metadata_result or ()


async def invoked(function_id: str, invocation: Mapping[str, Any]) -> dict[str, Any]:
    """Let the library decode the inputs, call the function and encode what it gives."""
    native_invocation = import_module("azure_functions_runtime.native_invocation")

    ok, returned, _, failure, _ = await native_invocation.invocation_request_native(
        f"invocation of {invocation['function']}",
        function_id,
        [(name, datum(told)) for name, told in invocation["inputs"].items()],
        {name: datum(told) for name, told in invocation.get("metadata", {}).items()},
    )
    return {"ok": ok, "returned": plain(returned), "failure": failure}


def datum(told: Sequence[Any]) -> Any:
    """Make the library's own value of `[type, value]`; an `http` value holds values itself."""
    kind, value = told
    made_of = import_module("azure_functions_runtime.bindings.datumdef").Datum
    match kind:
        case "bytes":
            return made_of(value.encode(), kind)
        case "json":
            return made_of(json.dumps(value), kind)
        case "http":
            return made_of({name: _part(part) for name, part in value.items()}, kind)
        case _:
            return made_of(value, kind)


def _part(part: Any) -> Any:
    return {name: datum(told) for name, told in part.items()} if isinstance(part, dict) else datum(part)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # JSON


def plain(value: Any) -> Any:
    """Spell one of the library's values so that JSON can hold it."""
    if value is None:
        return None
    if value.type == "http":
        return {name: _spelt(part) for name, part in value.value.items()}
    return _spelt(value)


def _spelt(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _spelt(inner) for name, inner in cast("dict[str, Any]", part).items()}
    held = getattr(part, "value", part)
    return (
        held.decode()
        if isinstance(held, bytes)
        else held
        if isinstance(held, str | int | None)
        else str(held)
    )


async def judged(folder: str, invocations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Index the app and make the invocations; say what came of all of it."""
    result, found = await indexed(folder)
    ids = {function.name: function.function_id for function in found}
    return {
        "status": result.status,
        "complaint": getattr(getattr(result, "exception", None), "message", None),
        "names": sorted(ids),
        "outcomes": [await invoked(ids[invocation["function"]], invocation) for invocation in invocations],
    }


def main() -> None:
    asked = sys.stdin.read()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):  # what the app prints is not our answer
        verdict = asyncio.run(judged(sys.argv[1], json.loads(asked or "[]")))
    sys.stdout.write(json.dumps(verdict))


if __name__ == "__main__":
    main()
