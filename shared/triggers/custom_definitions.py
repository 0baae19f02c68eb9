"""What a custom trigger must be to be kept (FH-11, JO-5): pure."""

import re
from collections import Counter
from collections.abc import Iterator

from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import Nonsense
from shared.patients.read_own_resources import OF_NOBODY
from shared.triggers.custom import Attribute, CustomTrigger, CustomTriggerDraft, CustomTriggerIsInUse
from shared.triggers.definitions import MOST_CONDITIONS, WATCHED

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""As a template can say it: `trigger.appointment`."""
REFERRED_TO = (WATCHED | OF_NOBODY) - {"Schedule", "Slot"}
"""What is one patient's own, or about nobody."""
LONGEST_NAME = 200


def drafted(trigger_id: str, draft: CustomTriggerDraft, before: CustomTrigger | None) -> CustomTrigger:
    """Make the definition of a draft.

    Raises `Nonsense` naming all that is wrong with it, and `CustomTriggerIsInUse` where those who tell of it,
    or journeys that speak of it, rely on what it was: then attributes may only be added that need not be
    given.
    """
    problems = list(_problems(trigger_id, draft))
    if problems:
        raise Nonsense(*problems)
    if before is not None and before.state != "draft" and not _keeps(draft, before):
        raise CustomTriggerIsInUse
    return CustomTrigger(
        id=trigger_id,
        version=before.version + 1 if before else 1,
        name=draft.name,
        attributes=draft.attributes,
        audience=draft.audience,
        state=draft.state,
    )


def _keeps(draft: CustomTriggerDraft, before: CustomTrigger) -> bool:
    added = [one for one in draft.attributes if one not in before.attributes]
    return (
        draft.state != "draft"
        and draft.audience == before.audience
        and all(one in draft.attributes for one in before.attributes)
        and not any(one.is_required for one in added)
    )


def _problems(trigger_id: str, draft: CustomTriggerDraft) -> Iterator[Problem]:
    if not is_definition_id(trigger_id):
        yield "trigger_id", NO_DEFINITION_ID
    if not 0 < len(draft.name.strip()) <= LONGEST_NAME:
        yield "name", "not from 1 to 200 characters"
    if not 0 < len(draft.attributes) <= MOST_CONDITIONS:
        yield "attributes", "not from 1 to 29"
    times = Counter(one.name for one in draft.attributes)
    for number, one in enumerate(draft.attributes):
        if times[one.name] > 1:
            yield f"attributes.{number}.name", "not the only one"
        yield from ((f"attributes.{number}.{field}", problem) for field, problem in _problems_of(one))
    whose = next((one for one in draft.attributes if one.name == draft.audience), None)
    if whose is None or whose.of != "Patient" or not whose.is_required:
        yield "audience", "not an attribute that is required and refers to a Patient"


def _problems_of(one: Attribute) -> Iterator[Problem]:
    if not NAME.fullmatch(one.name):
        yield "name", "not up to 40 small letters, digits and underscores"
    if one.type == "reference" and one.of not in REFERRED_TO:
        yield "of", "not a type of resource that is one patient's own, or about nobody"
    if one.type != "reference" and one.of is not None:
        yield "of", "not a reference"
