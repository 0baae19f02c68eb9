"""Outside judges: what is not of this project and says whether we are right."""

import os
from importlib.util import find_spec

import pytest


def judge(name: str, *, available: bool) -> None:
    """Go on if the judge is there; skip with its name if not, and fail where `REQUIRE_JUDGES` is set."""
    if available:
        return
    if os.environ.get("REQUIRE_JUDGES"):
        pytest.fail(f"an outside judge is required and absent: {name}", pytrace=False)
    pytest.skip(f"outside judge absent: {name}")


def named(setting: str) -> str:
    """Give what the environment says where an outside judge is, or an empty text."""
    return os.environ.get(setting, "")


def installed(module: str) -> bool:
    """Say whether a library can be imported, without importing it."""
    return find_spec(module) is not None
