"""Triggers of the house's own making: what a portal or another system tells, and no record shows.

Which attributes such an event has, and about whom it is (FH-11, JO-4, JO-5).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, Conflict, NotFound, Refusal, Stale
from shared.kernel.sensitive import Sensitive
from shared.triggers.model import TriggerState

AttributeType = Literal["string", "number", "boolean", "date", "dateTime", "reference"]
Given = str | bool | int | float
"""What an attribute may hold: dates and times as they are spelt, a reference as `Type/id`."""


class NoSuchCustomTrigger(NotFound):
    """There is no such custom trigger."""


class CustomTriggerIsThere(AlreadyExists):
    """There is such a custom trigger; who changes it says in If-Match which version was seen."""


class CustomTriggerChangedMeanwhile(Stale):
    """The custom trigger has been changed since it was read."""


class CustomTriggerIsInUse(Conflict):
    """A custom trigger that has been ready to use is no draft any more, and keeps the attributes it has."""


class CustomTriggerIsNotReady(Refusal):
    """Only a custom trigger that is ready to use takes events."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that an event may say. `of` is the type of resource that a reference names."""

    name: str
    type: AttributeType
    of: str | None = None
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class CustomTriggerDraft:
    """What a person says about a custom trigger; `audience` is the attribute that names the patient."""

    name: str
    attributes: tuple[Attribute, ...]
    audience: str
    state: TriggerState = "draft"


@dataclass(frozen=True, slots=True)
class CustomTrigger:
    """A custom trigger as it is kept; see `CustomTriggerDraft` for its fields. `version` counts its edits."""

    id: str
    version: int
    name: str
    attributes: tuple[Attribute, ...]
    audience: str
    state: TriggerState


@dataclass(frozen=True, slots=True)
class CustomEvent:
    """That a custom trigger was told of, once for its source's `key`; `given` leaves out what was null."""

    trigger_id: str
    trigger_version: int
    patient_id: PatientId
    key: str
    at: datetime
    given: Sensitive[dict[str, Given]]
    references: dict[str, str]
    taken_in_at: datetime
