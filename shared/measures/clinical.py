"""Which measures speak of somebody's health: their values are clinical data (capabilities §1.21)."""

from shared.access.model import Caller, may_read_clinical
from shared.activities.house_types import type_now
from shared.kernel.documents import Documents
from shared.measures.definitions import rows_asked
from shared.measures.formula import Activities, Measure, Records
from shared.measures.model import OnlyForClinicalStaff, OnlyOpenedByClinicalStaff
from shared.segments.clinical import is_clinical
from shared.segments.documents import nested_in
from shared.segments.measured import outlines_in
from shared.segments.nesting import names_people


def may_know(caller: Caller, *, is_clinical: bool) -> bool:
    """Say whether the caller may be told values that are clinical or not."""
    return may_read_clinical(caller) or not is_clinical


def require_may_know(caller: Caller, *, is_clinical: bool) -> None:
    """Let in who may be told such values. Raises `OnlyForClinicalStaff`."""
    if not may_know(caller, is_clinical=is_clinical):
        raise OnlyForClinicalStaff


def require_may_open(documents: Documents, new: Measure, caller: Caller) -> None:
    """Let clinical staff alone make a measure that was clinical one that is not.

    Raises `OnlyOpenedByClinicalStaff`.
    """
    before = outlines_in(documents)(new.id)
    if before is None or not before.is_clinical or may_read_clinical(caller):
        return
    if not rests_on_clinical_data(documents, new):
        raise OnlyOpenedByClinicalStaff


def may_count(documents: Documents, measure: Measure, caller: Caller) -> bool:
    """Say whether the caller may be told how many values there are.

    None is kept that names people, but a segment that it counts among may come to name some.
    """
    if may_read_clinical(caller) or measure.among is None:
        return True
    is_of_named = names_people(measure.among, nested_in(documents, measure.among))
    return not (is_of_named and rests_on_clinical_data(documents, measure))


def rests_on_clinical_data(documents: Documents, measure: Measure) -> bool:
    """Say so of what it is over, and of whom it counts among, as the segments in that are now."""
    if isinstance(measure.over, Records) and is_clinical(documents, rows_asked(measure.over), {}):
        return True
    if isinstance(measure.over, Activities) and not _are_administrative(documents, measure.over):
        return True
    if measure.among is None:
        return False
    return is_clinical(documents, measure.among, nested_in(documents, measure.among))


def _are_administrative(documents: Documents, over: Activities) -> bool:
    """Say whether somebody has said of each of its types that it is not clinical."""
    types = [type_now(documents, one) for one in over.types]
    return bool(types) and all(found is not None and not found.is_clinical for found in types)
