"""What a rule becomes when it is compiled for one patient."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.segments.facts import PatientFacts

Holds = Callable[[PatientFacts, datetime], bool]
Boundaries = Callable[[PatientFacts, datetime], Iterator[datetime]]
Records = Callable[[PatientFacts, datetime], tuple[str, ...]]

TICK = timedelta(microseconds=1)
"""What stands between one instant and the next."""


def _no_boundaries(_facts: PatientFacts, _as_of: datetime) -> Iterator[datetime]:
    return iter(())


def _no_records(_facts: PatientFacts, _as_of: datetime) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Question:
    """A rule, ready to be asked of anybody at any moment.

    `boundaries` gives every instant at which time alone may change the answer, past ones too; `records` names
    what the answer rests on.
    """

    text: str
    holds: Holds
    boundaries: Boundaries = _no_boundaries
    records: Records = _no_records
    parts: tuple["Question", ...] = ()


def moved_by(moment: datetime, days: int, also: timedelta = timedelta()) -> Iterator[datetime]:
    """Give the instant so many days from `moment`, unless the calendar ends before it."""
    try:
        yield moment + timedelta(days=days) + also
    except OverflowError:  # a record dated in the year 9999 changes nothing in anybody's time
        return
