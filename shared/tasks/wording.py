"""What people write into a task: pure."""

import re

from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive

LONGEST = 4_000
"""Characters of a description, a note, an outcome or a reason."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def worded(field: str, text: Sensitive[str]) -> Sensitive[str]:
    """Give the words as they are kept. Raises `Nonsense` for none, too many, or what is no text."""
    cleaned = text.value.replace("\r\n", "\n").strip()
    if not cleaned:
        raise Nonsense((field, "missing"))
    if len(cleaned) > LONGEST:
        raise Nonsense((field, "more than 4000 characters"))
    if _CONTROL.search(cleaned):
        raise Nonsense((field, "not text"))
    return Sensitive(cleaned)
