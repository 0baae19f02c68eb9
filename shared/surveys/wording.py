"""What words on a page may be: pure."""

import re
from collections.abc import Iterator

from shared.kernel.problems import Problem

LONGEST_WORDING = 500
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def problems_of_wording(field: str, text: str) -> Iterator[Problem]:
    """Name the field if its text cannot stand on a page."""
    if not is_wording(text):
        yield field, "not words of up to 500 characters on one line"


def is_wording(text: str) -> bool:
    return bool(text.strip()) and len(text) <= LONGEST_WORDING and not _CONTROL.search(text)


def is_language(tag: str) -> bool:
    """Say whether it can be a language tag (BCP 47)."""
    return _LANGUAGE.fullmatch(tag) is not None
