"""A person's request to have what we hold about them, or to have it erased (CO-17; GDPR 15, 17 and 20)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.kernel.identity import PatientId
from shared.kernel.refusals import Conflict, NotFound, Refusal

LOOKS_AGAIN_AFTER = timedelta(hours=1)
"""By then what was under way has come to rest; an erasure ends when a look finds nothing more."""
GIVES_UP_AFTER = timedelta(days=30)
"""GDPR article 12(3): within a month. What is still under way then, a person must bring to its end."""
EXPORT_LASTS = timedelta(days=30)
AT_ONCE = 50
"""Documents erased in one step, so that a step killed half-way costs little."""


class RequestKind(StrEnum):
    """What is asked for."""

    EXPORT = "export"
    ERASE = "erase"


class RequestState(StrEnum):
    """How far it has come."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


class Failure(StrEnum):
    """Why it could not be brought to its end."""

    STILL_UNDER_WAY = "still_under_way"


class NoSuchRequest(NotFound):
    """There is no such request."""


class NobodyKnown(NotFound):
    """Nobody is known by this id, address or number."""


class SeveralPeople(Conflict):
    """Several people use this address or number: name the patient."""


class RequestIsOver(Conflict):
    """It has come to its end already."""


class NothingToFetch(Refusal):
    """There is no export to fetch: it was not asked for, is not ready, or is older than thirty days."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom it is about: the record's id, and the keyed names of the contact points that were ever used."""

    patient_id: PatientId
    contacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One document that is to go, and as what it was found."""

    holding: str
    partition: str
    id: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is not erased, and on what ground."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was found or erased, by kind, and what was kept; it holds counts and our own words only."""

    documents: Mapping[str, int]
    kept: tuple[Kept, ...]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DataRequest:
    """A request and how far it has come. `batch` is being erased; `waiting` counts what is still under way.

    `step` fences: a step that is told again, after the next has begun, does nothing. `other_records` are
    those merged with this one, as the record said when it was asked; `include_merged` takes what is theirs as
    well, and otherwise each is asked for by itself.
    """

    id: str
    kind: RequestKind
    patient_id: PatientId
    contacts: tuple[str, ...]
    why: str
    asked_by: str
    asked_at: datetime
    gives_up_at: datetime
    state: RequestState = RequestState.IN_PROGRESS
    step: int = 0
    batch: tuple[Place, ...] = ()
    done: Mapping[str, int] = field(default_factory=dict[str, int])
    waiting: Mapping[str, int] = field(default_factory=dict[str, int])
    looked_again: bool = False
    failure: Failure | None = None
    ended_at: datetime | None = None
    manifest: Manifest | None = None
    other_records: tuple[PatientId, ...] = ()
    include_merged: bool = False

    @property
    def records(self) -> tuple[PatientId, ...]:
        """Under which ids it is looked for what is theirs."""
        return (self.patient_id, *(self.other_records if self.include_merged else ()))

    def people(self, contacts: tuple[str, ...]) -> tuple[Person, ...]:
        """Give the person by each of these ids, with all contact points that any of them used."""
        return tuple(Person(one, contacts) for one in self.records)
