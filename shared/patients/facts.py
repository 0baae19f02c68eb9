"""What is known of a patient from one resource, flattened (FH-14)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.declarations import ResourceType


@dataclass(frozen=True, slots=True)
class Fact:
    """One resource as it concerns one patient.

    `resource` is `Type/id`, `people` are `Type/id` of those who take part. `codes` are spelt `system|code`.
    What was entered in error is kept and marked: a gap would look as if it had never been.
    """

    resource: str
    patient_id: PatientId
    version: int
    updated_at: datetime | None
    title: Sensitive[str | None]
    status: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    is_in_error: bool = False
    codes: Sensitive[tuple[str, ...]] = field(default_factory=lambda: Sensitive(()))
    detail: Sensitive[Mapping[str, str]] = field(default_factory=lambda: Sensitive({}))
    people: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        return self.resource.partition("/")[0]

    @property
    def id(self) -> str:
        return self.resource.partition("/")[2]

    def is_of(self, *types: ResourceType) -> bool:
        return self.type in types

    def is_current(self, at: datetime) -> bool:
        """Say whether its time has begun and not ended."""
        begun = self.starts_at is None or self.starts_at <= at
        return begun and (self.ends_at is None or at < self.ends_at)

    def is_older_than(self, other: "Fact") -> bool:
        """Say whether `other` was written later: a later time outweighs a smaller version (fhir.md §2)."""
        ours, theirs = self.updated_at, other.updated_at
        if ours is not None and theirs is not None and ours != theirs:
            return ours < theirs
        return self.version < other.version
