"""What an act is asked with and what it gives, read from its own annotations once."""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, get_type_hints


@cache
def hints_of(act: type) -> Mapping[str, Any]:
    """Give the resolved annotations of an act's `__call__`."""
    return get_type_hints(act.__call__)


@cache
def asked_of(act: type) -> Any:
    """Give the type of the act's first positional parameter, or None where it has none."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    _, *parameters = inspect.signature(act.__call__).parameters.values()
    first = next((p.name for p in parameters if p.kind in positional), None)
    return hints_of(act)[first] if first else None


@cache
def answer_of(act: type) -> Any:
    """Give the type of what the act returns; None where it returns nothing."""
    answer = hints_of(act).get("return")
    return None if answer is type(None) else answer
