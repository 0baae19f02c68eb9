"""From where activities come, which of the source's fields say what, and who may see them (UN-13)."""

from dataclasses import dataclass
from typing import Literal

from shared.activities.model import Kind

TypeState = Literal["live", "expired"]


@dataclass(frozen=True, slots=True)
class Fields:
    """Where an item of the source says what: names joined by dots (`order.placed_at`).

    `key` tells its items apart, `patient` names their patient as `Naming` says. Without `modified_at`, what
    has a later `at` is the later word.
    """

    key: str
    patient: str
    at: str
    event: str | None = None
    detail: str | None = None
    url: str | None = None
    modified_at: str | None = None


@dataclass(frozen=True, slots=True)
class Naming:
    """By what its items name their patient.

    `record`: by our own id (`ada` or `Patient/ada`). `identifier`: by an identifier that the record knows,
    `system|value`, or the value alone where `system` says whose it is: a source's own number for a person,
    say. `person`: by the id under which `matching` knows them, or knew them once. `source_key`: by the key
    that `source` of `matching` has for them.
    """

    by: Literal["record", "identifier", "person", "source_key"] = "record"
    system: str | None = None
    matching: str | None = None
    source: str | None = None


BY_OUR_ID = Naming()


@dataclass(frozen=True, slots=True)
class ActivityTypeDraft:
    """What a person says about a type of activity.

    `is_hidden`: in no timeline. `is_clinical`: shown to clinical staff only, which is so unless somebody says
    otherwise. `for_patients`: shown to the patient too. `is_real_time`: forgotten after thirty days (UN-16).
    `waits_days`: for so long what names nobody we know is set aside and looked at again, or 0: refused.
    """

    name: str
    source: str
    kind: Kind
    fields: Fields
    state: TypeState = "live"
    is_hidden: bool = False
    is_clinical: bool = True
    for_patients: bool = False
    is_real_time: bool = False
    naming: Naming = BY_OUR_ID
    waits_days: int = 0


@dataclass(frozen=True, slots=True)
class ActivityType:
    """A type as it is kept; see `ActivityTypeDraft` for its fields. `version` counts its edits."""

    id: str
    version: int
    name: str
    source: str
    kind: Kind
    fields: Fields
    state: TypeState = "live"
    is_hidden: bool = False
    is_clinical: bool = True
    for_patients: bool = False
    is_real_time: bool = False
    naming: Naming = BY_OUR_ID
    waits_days: int = 0
