"""May this patient enter this journey again? Pure (JO-2, LC-6)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

REMEMBERED = 20
"""Starts kept per patient and journey; the rule needs the last, people who ask why like to see a few."""


@dataclass(frozen=True, slots=True)
class Start:
    """That a patient started; `at` is when the trigger fired, so that a late message changes nothing."""

    enrolment_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Entries:
    """When a patient started a journey, oldest first."""

    journey_id: str
    starts: tuple[Start, ...] = ()

    def allow(self, at: datetime, reentry_days: int | None) -> bool:
        """Say whether another start is allowed: fewer than that many days of 24 hours between refuse it."""
        if reentry_days is None:
            return not self.starts
        return all(abs(at - start.at) >= timedelta(days=reentry_days) for start in self.starts)

    def with_start(self, enrolment_id: str, at: datetime) -> "Entries":
        """Remember a start."""
        return replace(self, starts=(*self.starts, Start(enrolment_id, at))[-REMEMBERED:])

    def without(self, enrolment_id: str) -> "Entries":
        """Forget a start that rested on a result since withdrawn: a true one after it must not be refused."""
        return replace(
            self, starts=tuple(start for start in self.starts if start.enrolment_id != enrolment_id)
        )
