"""What went wrong, without what it went wrong with: an exception's text may hold patient data (D17)."""

import traceback
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


def described(error: BaseException) -> str:
    """Name the exception and the innermost line of ours that it passed through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(frame.filename)] or list(frames)
    if not ours:
        return type(error).__name__
    last = ours[-1]
    place = Path(last.filename)
    shown = place.relative_to(_ROOT) if place.is_relative_to(_ROOT) else Path(place.name)
    return f"{type(error).__name__} at {shown}:{last.lineno}"


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_ROOT) and "site-packages" not in path.parts
