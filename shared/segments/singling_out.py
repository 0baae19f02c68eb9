"""Segments that name people: how many are in one must not tell what somebody has (decision 13)."""

from collections.abc import Mapping

from shared.access.model import Caller, may_read_clinical
from shared.kernel.documents import Documents
from shared.kernel.refusals import NotAllowed
from shared.segments.clinical import is_clinical
from shared.segments.nesting import names_people
from shared.segments.rules import Rule, Segment


class NotToSingleOut(NotAllowed):
    """A segment that names people may ask about clinical data only where clinical staff keep it."""


def may_count(documents: Documents, rule: Rule, nested: Mapping[str, Segment], caller: Caller) -> bool:
    """Say whether the caller may be told how many a rule finds.

    Among people who are named, whether there is one more or one less who meets a clinical condition tells
    that of one of them.
    """
    if may_read_clinical(caller) or not names_people(rule, nested):
        return True
    return not is_clinical(documents, rule, nested)


def require_may_count(
    documents: Documents, rule: Rule, nested: Mapping[str, Segment], caller: Caller
) -> None:
    """Let in who may be told it. Raises `NotToSingleOut`."""
    if not may_count(documents, rule, nested, caller):
        raise NotToSingleOut
