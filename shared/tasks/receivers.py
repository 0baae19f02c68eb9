"""Whom a task is given to, in the words of the desk: pure."""

import re

from shared.access.model import Caller
from shared.kernel.refusals import Nonsense

_PERSON = re.compile(r"[^\s|]{1,300}\|[^\x00-\x1f\x7f|]{1,300}")


def receiver(field: str, to: str, caller: Caller) -> str | None:
    """Read `me`, `nobody`, or a person as the audit names them (`issuer|subject`). Raises `Nonsense`."""
    if to == "me":
        return caller.who
    if to == "nobody":
        return None
    if not _PERSON.fullmatch(to):
        raise Nonsense((field, "not me, nobody, or a person as the audit names them"))
    return to
