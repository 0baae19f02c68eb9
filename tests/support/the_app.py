"""The app's own index; run as a program, it prints what `tests/architecture/functions.json` should hold."""

import inspect
import json
import sys
from functools import cache
from itertools import pairwise
from typing import Any


@cache
def functions() -> tuple[Any, ...]:
    """Index the app once; the SDK refuses to do it twice unless it is told to forget."""
    from function_app import app  # noqa: PLC0415  # only who asks pays for the app

    app.functions_bindings = None
    return tuple(app.get_functions())


def trigger_of(function: Any) -> dict[str, Any]:
    """Give the function's trigger binding as the host sees it."""
    return function.get_trigger().get_dict_repr()


def doors_of(function: Any) -> list[Any]:
    """Give every door that the function, or anything it wraps, declares."""
    declared: list[Any] = [getattr(layer, "door", None) for layer in layers_of(function.get_user_function())]
    # functools.wraps copies attributes outwards: one door seen through two layers is still one.
    return [door for door, inner in pairwise([*declared, None]) if door is not None and door is not inner]


def layers_of(call: Any) -> list[Any]:
    """Give what was decorated, from the outermost wrapper to the function as it was written."""
    inner: Any = getattr(call, "__wrapped__", None)
    return [call, *(layers_of(inner) if inner else [])]


def described(function: Any) -> dict[str, Any]:
    """Say in one line what starts the function and who may."""
    trigger = trigger_of(function)
    kind = str(trigger["type"])
    told = {
        "httpTrigger": lambda: {
            "methods": sorted(str(getattr(method, "value", method)) for method in trigger["methods"]),
            "route": trigger["route"],
            "door": " + ".join(spelt(door) for door in doors_of(function)),
        },
        "serviceBusTrigger": lambda: {
            "queue": trigger["queueName"],
            "sessions": bool(trigger.get("isSessionsEnabled")),
            "batches": str(getattr(trigger.get("cardinality"), "value", trigger.get("cardinality")))
            == "many",
            "parameter": trigger["name"],
        },
        "timerTrigger": lambda: {"schedule": trigger["schedule"], "parameter": trigger["name"]},
        "cosmosDBTrigger": lambda: {"container": trigger["containerName"], "parameter": trigger["name"]},
    }
    return {"name": function.get_function_name(), "trigger": kind, **told[kind]()}


def spelt(door: Any) -> str:
    """Spell a door: its kind, and which roles or which secret it asks for."""
    asks = sorted(door.roles) or ([door.secret] if door.secret else [])
    tied = f", tied by {door.tie}" if door.tie else ""
    return (f"{door.kind}: {', '.join(asks)}" if asks else door.kind) + tied


def parameters_of(function: Any) -> set[str]:
    """Give the names of the function's parameters, the context aside."""
    return set(inspect.signature(function.get_user_function()).parameters) - {"context"}


if __name__ == "__main__":
    listed = sorted(map(described, functions()), key=lambda one: (one["trigger"], one["name"]))
    sys.stdout.write("[\n" + ",\n".join("  " + json.dumps(one) for one in listed) + "\n]\n")
