"""What a trigger must be to be kept (FH-10): pure."""

import re
from collections.abc import Iterator
from math import isfinite

from shared.fhir.criteria import ComponentIs, ValueIs
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
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

Problem = tuple[str, str]


def drafted(trigger_id: str, draft: TriggerDraft, version: int) -> TriggerDefinition:
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
    )


def _problems(trigger_id: str, draft: TriggerDraft) -> Iterator[Problem]:
    if not ID.fullmatch(trigger_id):
        yield "trigger_id", "not up to 40 small letters, digits and hyphens"
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
