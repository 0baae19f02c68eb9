"""Which of several languages somebody reads best (BCP 47): pure."""

from collections.abc import Iterable

_ANOTHER_LANGUAGE = 3


def closest(written: Iterable[str], wanted: str | None) -> str | None:
    """Choose the language wanted, then the same with no region, then with another one; else None."""
    if wanted is None:
        return None
    best = min(written, key=lambda one: _distance(one.lower(), wanted.lower()), default=None)
    if best is None or _distance(best.lower(), wanted.lower()) == _ANOTHER_LANGUAGE:
        return None
    return best


def _distance(written: str, wanted: str) -> int:
    if written == wanted:
        return 0
    if written.partition("-")[0] != wanted.partition("-")[0]:
        return _ANOTHER_LANGUAGE
    return 1 if "-" not in written else 2
