"""A person as the record describes them, beyond what writing to them needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.model import Profile

LinkKind = Literal["replaced-by", "replaces", "refer", "seealso"]
LinkProblem = Literal["circle", "contradiction", "missing", "too many"]


@dataclass(frozen=True, slots=True)
class PersonName:
    """One of the names somebody has or had."""

    use: str | None
    given: tuple[str, ...]
    family: str | None


@dataclass(frozen=True, slots=True)
class SourceId:
    """What another system calls the person: a record number, a licence."""

    system: str | None
    value: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody lives or gets their post."""

    use: str | None
    lines: tuple[str, ...]
    city: str | None
    postal_code: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class EmergencyContact:
    """Whom to ring (Patient.contact), in words."""

    name: str | None
    relationship: str | None
    reached_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What a record says of another one of the same person."""

    kind: LinkKind
    patient_id: PatientId


@dataclass(frozen=True, slots=True)
class Person:
    """What the record says of a person, as of one version of it.

    `languages` stand preferred first. `general_practitioners` and `organisation` are `Type/id`.
    """

    profile: Profile
    version: int
    updated_at: datetime | None
    gender: str | None
    languages: tuple[str, ...]
    time_zone: str
    names: Sensitive[tuple[PersonName, ...]]
    identifiers: Sensitive[tuple[SourceId, ...]]
    addresses: Sensitive[tuple[Address, ...]]
    emergency_contacts: Sensitive[tuple[EmergencyContact, ...]]
    general_practitioners: tuple[str, ...] = ()
    organisation: str | None = None
    links: tuple[Link, ...] = ()

    @property
    def patient_id(self) -> PatientId:
        return self.profile.patient_id

    def linked(self, kind: LinkKind) -> tuple[PatientId, ...]:
        """Give those whom links of one kind name, each once."""
        return tuple(dict.fromkeys(link.patient_id for link in self.links if link.kind == kind))

    def is_older_than(self, other: "Person") -> bool:
        """Say whether `other` was written later."""
        ours, theirs = self.updated_at, other.updated_at
        if ours is not None and theirs is not None and ours != theirs:
            return ours < theirs
        return self.version < other.version
