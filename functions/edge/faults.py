"""What may be said of a bug: its type and its place, never its text, which may hold patient data (D17)."""

import traceback
from pathlib import PurePath


class Failed(Exception):
    """A bug, stripped of its text, so that the worker that logs it has nothing to leak."""


def place_of(error: BaseException) -> str:
    """Say where it was raised: `file:line function`, innermost last, without locals or source lines."""
    frames = traceback.extract_tb(error.__traceback__, limit=-6)
    return " > ".join(f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames)


def stripped(error: BaseException) -> Failed:
    """Give what to raise in the bug's stead; raise it outside of the `except`, or it carries that along."""
    return Failed(f"{type(error).__name__} at {place_of(error)}")
