"""What a record, a pair and a person are to matching, and what is asked of it (UN-1…UN-11)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from shared.kernel.refusals import Conflict, NotFound, Refusal, Stale

PersonId = NewType("PersonId", str)
"""The stable id of one person among many records (UN-9)."""


class Meaning(StrEnum):
    """What a column holds (UN-2). Any other word is a meaning of one's own, and is compared as it is."""

    FULL_NAME = "Person.FullName"
    FIRST_NAME = "Person.FirstName"
    LAST_NAME = "Person.LastName"
    BIRTH_DATE = "Person.BirthDate"
    GENDER = "Person.Gender"
    PHONE = "Identity.Service.Phone"
    EMAIL = "Identity.Service.Email"
    IDENTIFIER = "Identity.Identifier"
    ADDRESS = "Location.Address"
    CITY = "Location.City"
    STATE = "Location.State"
    POSTCODE = "Location.PostalCode"
    COUNTRY = "Location.Country"
    ORGANISATION = "Organization.Name"


@dataclass(frozen=True, slots=True, order=True)
class RecordRef:
    """One record: its source, and its primary key there."""

    source: str
    key: str


@dataclass(frozen=True, slots=True, order=True)
class RecordPair:
    """Two records that belong together, or do not."""

    left: RecordRef
    right: RecordRef


@dataclass(frozen=True, slots=True)
class Why:
    """By which rule two records are thought to be one person, and how alike each field is, in %."""

    rule: str
    scores: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Two records that are thought to be one person, and why."""

    pair: RecordPair
    why: Why


class Withheld(StrEnum):
    """Why a link was not followed.

    It rests on what people say of themselves; it would join records that an exception or somebody keeps
    apart; or it would join more records than one person has.
    """

    SELF_ASSERTED = "self_asserted"
    CONTRADICTED = "contradicted"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A link that only a person may follow."""

    link: Link
    because: Withheld


class NoSuchMatching(NotFound):
    """There is no such matching."""


class MatchingIsThere(Conflict):
    """There is a matching with this id; name the version you have seen (If-Match)."""


class MatchingChangedMeanwhile(Stale):
    """The matching has been changed since you read it."""


class NoSuchRun(NotFound):
    """There is no such run."""


class NoSuchPerson(NotFound):
    """There is no such person."""


class NotOfThisPerson(Refusal):
    """The person has no such record, or no other."""


class TooManyToPreview(Refusal):
    """There are more records than a preview compares; run the matching instead."""


class SourceCannotBeRead(Refusal):
    """A source is not there, or lacks a column that it is said to have."""

    needs_a_person = True


@dataclass(frozen=True, slots=True)
class WorkOnPersons:
    """Make a run, or do what a reviewer has decided: one after the other in each matching."""

    matching_id: str
    run_id: str | None = None
    review_id: str | None = None
