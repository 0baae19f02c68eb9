"""What a trigger must be to be kept (FH-10): pure."""

from collections.abc import Iterator
from datetime import datetime
from math import isfinite

from shared.fhir.criteria import ComponentIs, ValueIs
from shared.fhir.elements import is_path_in
from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import Nonsense
from shared.triggers.model import AnyOf, Condition, FieldIs, TriggerDefinition, TriggerDraft

WATCHED = frozenset(
    {
        "AllergyIntolerance",
        "Appointment",
        "Condition",
        "Encounter",
        "Immunization",
        "Location",
        "MedicationRequest",
        "Observation",
        "Patient",
        "Practitioner",
        "Procedure",
        "QuestionnaireResponse",
        "RelatedPerson",
        "Schedule",
        "Slot",
    }
)
"""The resources in play (FH-1), and those that patients' own acts leave."""
MOST_CONDITIONS = 29
"""As many attributes as the original could compare (JO-2)."""
LONGEST_FRESH = 3650


def drafted(
    trigger_id: str, draft: TriggerDraft, version: int, in_force_since: datetime | None = None
) -> TriggerDefinition:
    """Make the definition of a draft. Raises `Nonsense` naming all that is wrong with it."""
    problems = list(_problems(trigger_id, draft))
    if problems:
        raise Nonsense(*problems)
    return TriggerDefinition(
        id=trigger_id,
        name=draft.name,
        resource_type=draft.resource_type,
        when=draft.when,
        codes=draft.codes,
        conditions=draft.conditions,
        statuses=draft.statuses,
        fresh_for_days=draft.fresh_for_days,
        state=draft.state,
        version=version,
        changed=draft.changed,
        in_force_since=in_force_since,
    )


def in_force_since(draft: TriggerDraft, before: TriggerDefinition | None, now: datetime) -> datetime | None:
    """Give since when it asks what it asks: what changed earlier is not what it was made for."""
    if draft.state != "ready_to_use":
        return None
    if before is not None and before.state == "ready_to_use" and _asked(before) == _asked(draft):
        return before.in_force_since
    return now


def _asked(of: TriggerDraft | TriggerDefinition) -> tuple[object, ...]:
    return of.resource_type, of.when, of.codes, of.conditions, of.statuses, of.changed


def _problems(trigger_id: str, draft: TriggerDraft) -> Iterator[Problem]:
    if not is_definition_id(trigger_id):
        yield "trigger_id", NO_DEFINITION_ID
    if not draft.name.strip():
        yield "name", "missing"
    if draft.resource_type not in WATCHED:
        yield "resource_type", "not a type of resource that is watched"
    if draft.fresh_for_days is not None and not 0 < draft.fresh_for_days <= LONGEST_FRESH:
        yield "fresh_for_days", "not from 1 to 3650"
    if len(draft.conditions) > MOST_CONDITIONS:
        yield "conditions", "more than 29"
    for number, condition in enumerate(draft.conditions):
        yield from _problems_of(condition, f"conditions.{number}")
    yield from _problems_of_changed(draft)


def _problems_of_changed(draft: TriggerDraft) -> Iterator[Problem]:
    if len(draft.changed) > MOST_CONDITIONS:
        yield "changed", "more than 29"
    if draft.changed and draft.when == "created":
        yield "changed", "nothing has changed in what is created"
    for number, path in enumerate(draft.changed):
        if path in draft.changed[:number]:
            yield f"changed.{number}", "named before"
        elif draft.resource_type in WATCHED and not is_path_in(draft.resource_type, path):
            yield f"changed.{number}", "not a field of such a resource"


def _problems_of(condition: Condition, path: str) -> Iterator[Problem]:
    if isinstance(condition, ValueIs | ComponentIs) and not isfinite(condition.threshold):
        yield f"{path}.threshold", "not a number to compare with"
    match condition:
        case ComponentIs(codes=()):
            yield f"{path}.codes", "missing"
        case FieldIs(path="") | FieldIs(one_of=()):
            yield path, "says nothing"
        case AnyOf(conditions=()):
            yield f"{path}.conditions", "missing"
        case AnyOf(conditions=parts):
            for number, part in enumerate(parts):
                yield from _problems_of(part, f"{path}.conditions.{number}")
        case _:
            return
