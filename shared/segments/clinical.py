"""Which segments speak of somebody's health: who is in such a one is clinical data (capabilities §1.21)."""

from collections.abc import Mapping

from shared.access.model import Caller, may_read_clinical
from shared.kernel.documents import Documents
from shared.kernel.refusals import NotAllowed
from shared.segments.documents import nested_in
from shared.segments.facts import OTHERS
from shared.segments.measured import outlines_in
from shared.segments.nesting import kinds_on, measures_in, paths_in, types_in
from shared.segments.rules import OtherType, ResourceType, Rule, Segment

ADMINISTRATIVE: frozenset[ResourceType] = frozenset({"Appointment"})
"""What staff who may see nothing clinical may see of a patient, beside the Patient itself."""


TELLING: frozenset[OtherType] = frozenset({"Group"})
"""What is nobody's record, but tells of those in it: a Group may be of all who have a condition."""


class OnlyForClinicalStaff(NotAllowed):
    """The segment asks about clinical data, so who is in it is told to clinical staff only."""


class OnlyOpenedByClinicalStaff(NotAllowed):
    """What asks about clinical data is made to ask about none by clinical staff only; make another one."""


def is_clinical(documents: Documents, rule: Rule, nested: Mapping[str, Segment]) -> bool:
    """Say whether being in it tells something clinical; `nested` is what the rule builds on, by id.

    A measure that rests on clinical data does, as does one that is not known.
    """
    met = types_in(rule, nested) | kinds_on(paths_in(rule, nested))
    if met - ADMINISTRATIVE - (OTHERS.keys() - TELLING):
        return True
    outlines = map(outlines_in(documents), measures_in(rule, nested))
    return any(outline is None or outline.is_clinical for outline in outlines)


def require_may_know(documents: Documents, rule: Rule, caller: Caller) -> None:
    """Let in who may know the patients that a rule finds. Raises `OnlyForClinicalStaff`."""
    if not may_know(documents, rule, caller):
        raise OnlyForClinicalStaff


def may_know(documents: Documents, rule: Rule, caller: Caller) -> bool:
    """Say whether the caller may be told which patients a rule finds."""
    return may_read_clinical(caller) or not is_clinical(documents, rule, nested_in(documents, rule))


def require_may_open(documents: Documents, old: Rule, new: Rule, caller: Caller) -> None:
    """Let clinical staff alone make a clinical rule one that is not. Raises `OnlyOpenedByClinicalStaff`.

    Who came in by the former rule, and when, is told by the latter: to all who may know of that. What builds
    on it, itself or by a measure, tells it as well, so it does not matter whether it was ever live.
    """
    if may_know(documents, new, caller) and not may_know(documents, old, caller):
        raise OnlyOpenedByClinicalStaff
