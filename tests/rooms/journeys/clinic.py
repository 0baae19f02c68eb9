"""A house with everything of this room in it, for the tests of its acts."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.access.model import Caller, Role
from shared.appointments.model import (
    AppointmentChanged,
    AppointmentHappened,
    AppointmentNow,
    AppointmentWords,
)
from shared.appointments.refusals import NoSuchAppointment
from shared.consent.model import Purpose
from shared.journeys.advance_journey import AdvanceJourney
from shared.journeys.documents import CURRENT as CURRENT_JOURNEY
from shared.journeys.documents import INDEXES, journey_partition
from shared.journeys.end_enrolment import EndEnrolment
from shared.journeys.follow_appointment import FollowAppointment
from shared.journeys.follow_membership import FollowMembership
from shared.journeys.list_enrolments import EnrolmentShown, ListEnrolments, WhichEnrolments
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import AdvanceEnrolment, Journey, JourneyDraft, MembershipHappened
from shared.journeys.put_journey import KeptJourney, PutJourney
from shared.journeys.queue_due_enrolments import QueueDueEnrolments
from shared.journeys.start_journeys import StartJourneys
from shared.journeys.stop_journeys import StopJourneys
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Create, Replace, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import TransientFault
from shared.messaging.documents import CURRENT, template_partition
from shared.messaging.model import Channel
from shared.messaging.template import MessageTemplate, TemplateContent, Variant
from shared.operations.live_features import LiveFeatures
from shared.patients.documents import patient_partition
from shared.segments.documents import CURRENT as CURRENT_SEGMENT
from shared.segments.documents import segment_partition
from shared.segments.model import MembershipChanged
from shared.segments.rules import Everyone, Segment
from shared.triggers.documents import INDEXES as TRIGGER_INDEXES
from shared.triggers.documents import firing_id
from shared.triggers.firings import Firing
from shared.triggers.model import TriggerDraft, TriggerFired, TriggerWithdrawn
from shared.triggers.put_trigger import PutTrigger
from shared.triggers.reactions import Reaction
from tests.rooms.journeys.builders import ADA, MONDAY
from tests.rooms.triggers.interrupted import Interrupted
from tests.support.house import House, a_house

MAKER = Caller("olga", "https://issuer", frozenset({Role.OUTREACH_SPECIALIST}))


NOBODYS: Any = None
"""Runs here begin with no events, so that nothing is read for them."""


@dataclass
class Heard(Publisher):
    """Remembers what it was told to publish."""

    announcements: list[Announcement] = field(default_factory=list[Announcement])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.announcements += announcements


@dataclass
class RecordOfAppointments:
    """Answers what it was told, and fails when it is told to."""

    has: dict[tuple[PatientId, str], AppointmentNow] = field(
        default_factory=dict[tuple[PatientId, str], AppointmentNow]
    )
    is_down: bool = False

    def __call__(self, patient_id: PatientId, appointment_id: str, /) -> AppointmentNow:
        if self.is_down:
            raise TransientFault
        if (patient_id, appointment_id) not in self.has:
            raise NoSuchAppointment
        return self.has[patient_id, appointment_id]


@dataclass
class Clinic:
    """Fires triggers by hand and hears what the journeys announce."""

    house: House
    heard: Heard = field(default_factory=Heard)

    def __post_init__(self) -> None:
        documents = self.house.documents
        self.live = LiveJourneys(documents, self.house.clock)
        self.features = LiveFeatures(documents, self.house.clock)
        self.put_journey = PutJourney(documents)
        self.start = StartJourneys(documents, self.live, "Europe/Stockholm", self.features, NOBODYS)
        self.stop = StopJourneys(documents, self.live)
        self.record = RecordOfAppointments()
        self.advance = AdvanceJourney(documents, self.live, "Europe/Stockholm", self.record, NOBODYS)
        self.follow_appointment = FollowAppointment(
            documents, self.live, "Europe/Stockholm", self.record, self.features
        )
        self.follow_membership = FollowMembership(documents, self.live, "Europe/Stockholm", self.features)
        self.sweep = QueueDueEnrolments(documents, self.heard, self.live)
        self.end = EndEnrolment(documents, self.live)
        self.list = ListEnrolments(documents, self.live)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def goes_on_for(self, **how_long: float) -> None:
        self.house.clock.pass_by(timedelta(**how_long))

    def has_what_journeys_speak_of(self) -> None:
        trigger = TriggerDraft("HbA1c", "Observation", "either", state="ready_to_use")
        PutTrigger(self.house.documents)(
            trigger, trigger_id="hba1c", caller=MAKER, now=self.now, if_match=None
        )
        segment = Segment("out-of-range", 1, "Out of range", Everyone("everyone"), "live")
        self.house.documents.commit(segment_partition(segment.id), changes=[Create(CURRENT_SEGMENT, segment)])
        for name, channel in (("hba1c-talk-sms", Channel.SMS), ("hba1c-talk-email", Channel.EMAIL)):
            variant = Variant(channel, "en", "One of your results needs a conversation.", "A result")
            content = TemplateContent(Purpose.TRANSACTIONAL, "en", (variant,))
            self.house.documents.commit(
                template_partition(name),
                changes=[Create(CURRENT, MessageTemplate(name, 1, content, self.now))],
            )

    def has_journey(
        self, draft: JourneyDraft, *, named: str = "follow-up", if_match: str | None = None
    ) -> KeptJourney:
        """Keep a journey, as one who has seen what is there unless told otherwise."""
        there = self.house.documents.look(journey_partition(named), CURRENT_JOURNEY, Journey)
        seen = if_match or (there.etag if there else None)
        kept = self.put_journey(draft, journey_id=named, caller=MAKER, now=self.now, if_match=seen)
        self.goes_on_for(seconds=2)
        return kept

    def fires(
        self, about: str = "march", *, of: PatientId = ADA, stands_from: int | None = None
    ) -> TriggerFired:
        """Let the trigger fire, or fire again, and give what is told of it; nobody is told yet.

        `stands_from`: for a change, while what has fired since that occurrence stands.
        """
        name = firing_id("hba1c", "Observation", about)
        before = self.house.documents.look(patient_partition(of), name, Firing)
        firing = Firing(
            trigger_id="hba1c",
            patient_id=of,
            resource=f"Observation/{about}",
            state="standing",
            occurrence=before.body.occurrence + 1 if before else 1,
            decided_on=1,
            occurred_at=self.now,
            fired_at=self.now,
            reaction=Reaction(None, None, ("status",), stands_from, None) if stands_from else None,
        )
        write = replacing(before, firing) if before else Create(name, firing)
        self.house.documents.commit(patient_partition(of), changes=[write])
        return TriggerFired("hba1c", of, "Observation", about, name, write.version, self.now, self.now)

    def hears_of_appointment(  # which, the n-th change, what, when it begins
        self,
        about: str,
        change: int,
        happened: AppointmentHappened,
        starts_at: datetime,
        words: AppointmentWords | None = None,
    ) -> AppointmentChanged:
        """Let the record have it so, and follow the news."""
        status = "cancelled" if happened == "cancelled" else "booked"
        self.record.has[ADA, about] = AppointmentNow(status, starts_at, words)
        changed = AppointmentChanged(ADA, about, change, happened, starts_at, self.now)
        self.follow_appointment(changed, now=self.now)
        return changed

    def following_with(self, documents: Any) -> FollowAppointment:
        return FollowAppointment(documents, self.live, "Europe/Stockholm", self.record, self.features)

    def hears_of_membership(
        self, happened: MembershipHappened, occurrence: int = 1, *, segment_id: str = "out-of-range"
    ) -> MembershipChanged:
        changed = MembershipChanged(
            segment_id, ADA, f"membership~{segment_id}", 1, happened, occurrence, self.now
        )
        self.follow_membership(changed, now=self.now)
        return changed

    def withdraws(self, about: str = "march", *, of: PatientId = ADA) -> TriggerWithdrawn:
        """Take the firing back, and give what is told of it; nobody is told yet."""
        name = firing_id("hba1c", "Observation", about)
        before = self.house.documents.read(patient_partition(of), name, Firing)
        write: Replace = replacing(before, replace(before.body, state="withdrawn", withdrawn_at=self.now))
        self.house.documents.commit(patient_partition(of), changes=[write])
        return TriggerWithdrawn("hba1c", of, "Observation", about, name, write.version, self.now)

    def starts(
        self, about: str = "march", *, of: PatientId = ADA, stands_from: int | None = None
    ) -> TriggerFired:
        fired = self.fires(about, of=of, stands_from=stands_from)
        self.start(fired, now=self.now)
        return fired

    def start_during_whose_read(self, happens: Callable[[], object]) -> StartJourneys:
        """Give the act with something happening in the very moment after it first read."""
        return self._start_with(Interrupted(self.house.documents, "read", happens))

    def start_before_whose_commit(self, happens: Callable[[], object]) -> StartJourneys:
        """Give the act with something happening in the very moment after its second and last look."""
        return self._start_with(Interrupted(self.house.documents, "look", happens, after=2))

    def _start_with(self, documents: Any) -> StartJourneys:
        return StartJourneys(documents, self.live, "Europe/Stockholm", self.features, NOBODYS)

    def runs(self, of: PatientId = ADA) -> list[EnrolmentShown]:
        return list(self.list(WhichEnrolments(), patient_id=of).enrolments)

    def told(self, type_: str) -> list[dict[str, Any]]:
        """Give the contents of all announcements of one type that were committed and not yet relayed."""
        changes, _ = self.house.change_feed.read("a test", limit=1000)
        bodies = [change["body"] for change in changes if change["kind"] == "announcement"]
        return [body["content"] for body in bodies if body["type"] == type_]

    def due(self, about: str = "march", step_counter: int = 1) -> AdvanceEnrolment:
        return AdvanceEnrolment(ADA, f"enrolment~follow-up~Observation~{about}", step_counter)


@contextmanager
def a_clinic(folder: Path) -> Generator[Clinic]:
    with a_house(folder, (*INDEXES, *TRIGGER_INDEXES), clock=StoppedClock(MONDAY)) as house:
        clinic = Clinic(house)
        clinic.has_what_journeys_speak_of()
        yield clinic
