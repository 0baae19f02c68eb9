"""Triggers, what they ask of a change, and what they tell (FH-10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.fhir.criteria import Code, ComponentIs, ValueIs
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, NotFound, Stale

When = Literal["created", "updated", "either"]
TriggerState = Literal["draft", "ready_to_use", "stopped"]
Happened = Literal["created", "updated", "deleted"]

COUNTED = ("final", "amended", "corrected")
"""Statuses of an Observation that stand (the counting rules of fhir.md §5)."""


class NoSuchTrigger(NotFound):
    """There is no such trigger."""


class TriggerIsThere(AlreadyExists):
    """There is such a trigger already; who changes it says in If-Match which version was seen."""


class TriggerChangedMeanwhile(Stale):
    """The trigger has been changed since it was read."""


@dataclass(frozen=True, slots=True)
class FieldIs:
    """A field, by its path in the resource (`class.code`), holds one of some texts; of lists, any element."""

    kind: Literal["field"]
    path: str
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds."""

    kind: Literal["any_of"]
    conditions: tuple[ValueIs | ComponentIs | FieldIs, ...]


Condition = ValueIs | ComponentIs | FieldIs | AnyOf


@dataclass(frozen=True, slots=True)
class TriggerDraft:
    """What a person says about a trigger.

    `codes`: any of them, in any coding; none means any code. `conditions`: all of them. `statuses`: any of
    them; none means any status. What was entered in error never counts. `fresh_for_days`: a change about
    something that happened longer ago than that starts nothing. `changed`: fields by their paths; where it
    names any, an update fires only if one of them says something else than when the trigger last reacted, and
    then it fires again though it stands already.
    """

    name: str
    resource_type: str
    when: When
    codes: tuple[Code, ...] = ()
    conditions: tuple[Condition, ...] = ()
    statuses: tuple[str, ...] = ()
    fresh_for_days: int | None = None
    changed: tuple[str, ...] = ()
    state: TriggerState = "draft"


@dataclass(frozen=True, slots=True)
class TriggerDefinition:
    """A trigger as it is kept; see `TriggerDraft` for its fields. `version` counts its edits.

    `in_force_since` is when it came to ask what it asks now, or was last started again.
    """

    id: str
    name: str
    resource_type: str
    when: When
    codes: tuple[Code, ...]
    conditions: tuple[Condition, ...]
    statuses: tuple[str, ...]
    fresh_for_days: int | None
    state: TriggerState
    version: int
    changed: tuple[str, ...] = ()
    in_force_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ResourceChanged:
    """Fact: somebody whom we have named as a source says that a resource changed, or we have seen it.

    Only a hint: the record is read. Whoever does not know the version, or what happened, leaves them out.
    """

    source: str
    resource_type: str
    resource_id: str
    version: int | None
    at: datetime
    happened: Happened | None = None


@dataclass(frozen=True, slots=True)
class PollChanges:
    """Instruction: look yourself for what has changed in the record, as a source would have told it."""

    source: str
    because: Literal["due", "told_so", "gap"]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ReactToChange:
    """Instruction: something changed in this patient's record; `version` 1 is its creation.

    `happened` is what the record's server said of it, or where it does not count its versions (`version` 0),
    what its history says; messages from before it was passed on say nothing.
    """

    patient_id: PatientId
    resource_type: str
    resource_id: str
    version: int
    at: datetime
    happened: Happened | None = None

    @property
    def is_creation(self) -> bool:
        return self.version == 1 or (self.version == 0 and self.happened == "created")


@dataclass(frozen=True, slots=True)
class TriggerFired:
    """Fact: a change met a trigger.

    `firing_id` and `version` are the firing document's; `occurred_at` is the clinical time of what changed.
    """

    trigger_id: str
    patient_id: PatientId
    resource_type: str
    resource_id: str
    firing_id: str
    version: int
    occurred_at: datetime
    fired_at: datetime


@dataclass(frozen=True, slots=True)
class TriggerWithdrawn:
    """Fact: what met the trigger was corrected or taken back, and no longer does."""

    trigger_id: str
    patient_id: PatientId
    resource_type: str
    resource_id: str
    firing_id: str
    version: int
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class CustomTriggerFired:
    """Fact: an event of a custom trigger was taken in; `event_id` and `version` are its document's."""

    trigger_id: str
    patient_id: PatientId
    event_id: str
    version: int
    fired_at: datetime
