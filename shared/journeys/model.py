"""Journeys, and where a patient is in one (LC-1…LC-7)."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal

from shared.appointments.model import AppointmentHappened, AppointmentWords
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, NotFound, Stale
from shared.messaging.model import Channel, ToldOf
from shared.tasks.model import TaskCode, TaskPriority

JourneyState = Literal["draft", "live", "paused", "completing", "completed", "stopped"]
EnrolmentState = Literal["active", "completed", "ended"]
Reason = Literal[
    "result_withdrawn",
    "ended_by_staff",
    "journey_stopped",
    "repeat_entry_blocked",
    "appointment_moved",
    "appointment_cancelled",
    "left_segment",
    "journeys_are_off",
]
MembershipHappened = Literal["joined", "left"]


class NoSuchJourney(NotFound):
    """There is no such journey."""


class NoSuchEnrolment(NotFound):
    """The patient is not enrolled so."""


class JourneyIsThere(AlreadyExists):
    """There is such a journey already; who changes it says in If-Match which version was seen."""


class JourneyChangedMeanwhile(Stale):
    """The journey has been changed since it was read."""


class EnrolmentHasMovedOn(Stale):
    """The enrolment has gone on, or has ended, since this step was due."""


@dataclass(frozen=True, slots=True)
class SendMessageStep:
    """Ask for one message and go on at once; whether it may be sent is decided at that time (ST-1, CO-5).

    In a journey towards an appointment nothing is sent any more once that has begun, however late a wait
    woke.
    """

    kind: Literal["send_message"]
    id: str
    channel: Channel
    template_id: str
    values: dict[str, str] = field(default_factory=dict[str, str])
    expires_after_hours: int | None = None
    ignore_quiet_time: bool = False


@dataclass(frozen=True, slots=True)
class WaitStep:
    """Wait (ST-2): days at the same time on the wall, then hours and minutes, then until a time of day."""

    kind: Literal["wait"]
    id: str
    days: int = 0
    hours: int = 0
    minutes: int = 0
    until: time | None = None


@dataclass(frozen=True, slots=True)
class WaitBeforeStep:
    """Wait until so long before the appointment (ST-2, AP-9): days on the wall, then hours and minutes.

    `when_late` says what becomes of the next step, the reminder, where that time has passed already: it is
    left out, or taken at once.
    """

    kind: Literal["wait_before"]
    id: str
    days: int = 0
    hours: int = 0
    minutes: int = 0
    when_late: Literal["skip_next", "go_on"] = "skip_next"


@dataclass(frozen=True, slots=True)
class CreateTaskStep:
    """Ask a person to do something, and go on at once (ST-10); `due_in_hours` counts from then."""

    kind: Literal["create_task"]
    id: str
    code: TaskCode
    description: str
    priority: TaskPriority = "routine"
    due_in_hours: int | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class OnlyIfStep:
    """Take the next step only if something holds now, else leave it out (ST-4, FH-11).

    It holds if the path (`clinic`, `appointment.status`) leads to one of some texts, in what the event said
    or in the resources it refers to as the record has them at that moment. Of what is gone nothing holds.
    """

    kind: Literal["only_if"]
    id: str
    path: str
    one_of: tuple[str, ...]


Step = SendMessageStep | WaitStep | WaitBeforeStep | CreateTaskStep | OnlyIfStep


@dataclass(frozen=True, slots=True)
class OnAppointment:
    """Begin when one of these happens to an appointment; the run is about that appointment (AP-9, AP-10)."""

    kind: Literal["appointment"]
    happened: tuple[AppointmentHappened, ...]


@dataclass(frozen=True, slots=True)
class OnSegment:
    """Begin when the patient comes into a segment, or leaves it; `end_on_leaving` ends with the stay."""

    kind: Literal["segment"]
    segment_id: str
    happened: MembershipHappened = "joined"
    end_on_leaving: bool = False


@dataclass(frozen=True, slots=True)
class OnCustomTrigger:
    """Begin when an event of a custom trigger is taken in; the run is about that event (JO-4)."""

    kind: Literal["custom_trigger"]
    trigger_id: str


StartsOn = str | OnAppointment | OnSegment | OnCustomTrigger
"""What begins a journey (JO-2); plain text is the id of a trigger."""


@dataclass(frozen=True, slots=True)
class JourneyDraft:
    """What a person says about a journey.

    `reentry_days`: how long after a patient's last start another is refused; 0 never refuses, None always
    does (JO-2). It is 0 where the journey is about appointments: each of them is a run of its own.
    """

    name: str
    purpose: str
    starts_on: StartsOn
    reentry_days: int | None
    steps: tuple[Step, ...]
    state: JourneyState = "draft"


@dataclass(frozen=True, slots=True)
class Journey:
    """A journey as it is kept; see `JourneyDraft`.

    `version` counts what changes for those who enter; whoever is under way finishes the version they began
    (LC-4).
    """

    id: str
    version: int
    name: str
    purpose: str
    state: JourneyState
    starts_on: StartsOn
    reentry_days: int | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an enrolment is about: a patient with two of them has two runs (D9)."""

    type: str
    id: str

    @property
    def reference(self) -> str | None:
        """Refer to it, if it is in the record; events and memberships are ours."""
        return f"{self.type}/{self.id}" if self.type in R4_TYPES else None


@dataclass(frozen=True, slots=True)
class Cause:
    """What started it: the firing of a trigger, and which of its occurrences; older ones say no kind."""

    trigger_id: str
    firing_id: str
    occurrence: int
    kind: Literal["trigger"] = "trigger"


@dataclass(frozen=True, slots=True)
class ByAppointment:
    """What started it: what has happened to an appointment, and which of its changes that was."""

    kind: Literal["appointment"]
    appointment_id: str
    happened: AppointmentHappened
    change: int


@dataclass(frozen=True, slots=True)
class ByMembership:
    """What started it: coming into a segment or leaving it, and which of the stays that was."""

    kind: Literal["segment"]
    segment_id: str
    happened: MembershipHappened
    occurrence: int


@dataclass(frozen=True, slots=True)
class ByEvent:
    """What started it: an event of a custom trigger, by its document's id."""

    kind: Literal["event"]
    trigger_id: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened on the way, and the message that came of it, if one did."""

    step: str
    what: str
    at: datetime
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """That a bug keeps an enrolment from going on, since when, and when the sweep tries it again."""

    since: datetime
    again_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One patient on one run through one version of a journey.

    `position` is the step that comes next, or is waited at while `due_at` is set. `step_counter` is the
    fence: nothing but advancing changes it (D5). `subject_at` is when the appointment begins that it is
    about, and `subject_words` what messages say of it, as was last known. `told_of` is what the event said
    that started it.
    """

    id: str
    journey_id: str
    journey_version: int
    patient_id: PatientId
    subject: Subject
    cause: Cause | ByAppointment | ByMembership | ByEvent
    started_at: datetime
    state: EnrolmentState = "active"
    reason: Reason | None = None
    position: int = 0
    step_counter: int = 0
    due_at: datetime | None = None
    ended_at: datetime | None = None
    trail: tuple[Happening, ...] = ()
    failing: Failing | None = None
    subject_at: datetime | None = None
    subject_words: AppointmentWords | None = None
    told_of: ToldOf | None = None

    @property
    def is_active(self) -> bool:
        return self.state == "active"

    @property
    def is_bound(self) -> bool:
        """Say whether it lasts as long as its appointment; that of a cancelled one has nothing to lose."""
        return isinstance(self.cause, ByAppointment) and self.cause.happened != "cancelled"

    def occurrence_of(self, step: str) -> int:
        """Say which visit of a step this is, counted from 1."""
        return 1 + sum(happening.step == step for happening in self.trail)


@dataclass(frozen=True, slots=True)
class AdvanceEnrolment:
    """Instruction to our own room, later: take this enrolment on, if it still stands at this step counter."""

    patient_id: PatientId
    enrolment_id: str
    step_counter: int
