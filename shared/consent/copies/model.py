"""A copy of what a patient is written, for somebody of theirs: both must want it (PA-9). Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.access.portal_access import FamilyScope, FamilyTerms
from shared.consent.model import Purpose
from shared.kernel.refusals import Conflict, NotFound
from shared.patients.model import Channel

MOST_COPIES = 10
MOST_ENDED = 20
"""Kept to be shown, the latest; older ones are in the audit."""
ANSWER_WITHIN = timedelta(days=28)
"""As a yes that must be confirmed (CO-8)."""

Matter = tuple[Purpose, str | None]
CopyState = Literal["asked", "accepted", "ended", "expired"]


class NoSuchCopy(NotFound):
    """Nobody is copied so."""


class TooManyCopies(Conflict):
    """As many people are copied as can be: end somebody's copies first."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Copies for one RelatedPerson at one contact point of theirs, about some matters.

    It is in force from when whoever reads the contact point has accepted it until either side ends it. With
    `rests_on_access` they were let act for the patient when it was given, and it ends with that.
    """

    id: str
    terms: FamilyTerms
    channel: Channel
    contact: str
    matters: tuple[Matter, ...]
    given_by: str
    by_patient: bool
    given_at: datetime
    why: str
    rests_on_access: bool = False
    accepted_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_clinical(self) -> bool:
        """Whether what tells of their health may be copied too."""
        return FamilyScope.VIEW_CLINICAL in self.terms.scopes

    @property
    def until(self) -> datetime:
        """When it is too late to accept it."""
        return self.given_at + ANSWER_WITHIN

    @property
    def is_accepted(self) -> bool:
        return self.accepted_at is not None and self.ended_at is None

    def state(self, at: datetime) -> CopyState:
        if self.ended_at is not None:
            return "ended"
        if self.accepted_at is not None:
            return "accepted"
        return "asked" if at < self.until else "expired"

    def covers(self, purpose: Purpose, topic: str | None) -> bool:
        """Say whether it is about that: a purpose without a topic is all of it."""
        return (purpose, None) in self.matters or (purpose, topic) in self.matters


@dataclass(frozen=True, slots=True)
class Copies:
    """All copies of what one patient is written, in one document."""

    copies: tuple[Copy, ...] = ()

    def copy(self, copy_id: str) -> Copy | None:
        return next((one for one in self.copies if one.id == copy_id), None)

    def giving(self, given: Copy) -> "Copies":
        """Add a copy; a former one for the same person and contact point ends. Raises `TooManyCopies`."""
        before = tuple(ended(one, given.given_at) if _is_same(one, given) else one for one in self.copies)
        if sum(one.ended_at is None for one in before) >= MOST_COPIES:
            raise TooManyCopies
        over = [one for one in before if one.ended_at is not None]
        forgotten = over[: max(0, len(over) - MOST_ENDED)]
        return Copies((*(one for one in before if one not in forgotten), given))

    def with_copy(self, changed: Copy) -> "Copies":
        return Copies(tuple(changed if one.id == changed.id else one for one in self.copies))


def accepted(copy: Copy, at: datetime) -> Copy:
    """Let it be in force; what has ended, or waited too long, stays so."""
    return replace(copy, accepted_at=at) if copy.state(at) == "asked" else copy


def ended(copy: Copy, at: datetime) -> Copy:
    """Let it be in force no more."""
    return copy if copy.ended_at is not None else replace(copy, ended_at=at)


def _is_same(one: Copy, other: Copy) -> bool:
    return (one.terms.related_person_id, one.contact) == (other.terms.related_person_id, other.contact)
