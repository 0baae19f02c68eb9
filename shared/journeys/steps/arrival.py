"""What a step is told when a patient arrives at it, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.journeys.model import Enrolment


@dataclass(frozen=True, slots=True)
class Instruction:
    """Something to announce once the decision is committed; `named` says what it is."""

    content: object
    named: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who arrives, which visit of the step this is, in what zone days are counted, and when.

    `known` is what the event said that began it, and the resources it refers to as they are at that moment.
    """

    enrolment: Enrolment
    occurrence: int
    zone: str
    now: datetime
    known: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. With `waits_until` after now, the patient stays; otherwise goes on at once.

    `skips_next` leaves the step after it out.
    """

    what: str
    instructions: tuple[Instruction, ...] = ()
    waits_until: datetime | None = None
    message_id: str | None = None
    skips_next: bool = False
