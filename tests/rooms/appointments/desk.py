"""A house with a record and a clinic in it: somewhere to book, somebody to book, and ears for the news."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from shared.access.model import Caller, Role
from shared.adapters.sqlite_record import SqliteRecord
from shared.appointments.asked import (
    BookingAsked,
    OwnBookingAsked,
    OwnCancellationAsked,
    OwnMoveAsked,
)
from shared.appointments.book_appointment import BookAppointment
from shared.appointments.book_for_patient import BookAtBotsWord
from shared.appointments.book_own_appointment import BookOwnAppointment
from shared.appointments.cancel_own_appointment import CancelOwnAppointment
from shared.appointments.carry_out import CarryOut
from shared.appointments.documents import INDEXES, intent_at, kept_at
from shared.appointments.fulfil import Fulfil
from shared.appointments.intents import Intent
from shared.appointments.list_appointments import ListAppointments, WhichAppointments
from shared.appointments.model import BookForPatient, Kept
from shared.appointments.queue_unsettled_bookings import QueueUnsettledBookings
from shared.appointments.read_appointment import ReadAppointment
from shared.appointments.read_appointment_now import ReadAppointmentNow
from shared.appointments.reschedule_own_appointment import RescheduleOwnAppointment
from shared.appointments.search_slots import SearchSlots, SlotShown, SlotsQuery
from shared.appointments.settle_booking import SettleIntent
from shared.appointments.show_appointments import AppointmentShown, ShowAppointments
from shared.appointments.wish_booking import WishBooking
from shared.appointments.wish_change import WishChange
from shared.exchange.live_write_back import LiveWriteBack
from shared.fhir.ports import ClinicalRecord, Resource, Write
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.operations.live_features import LiveFeatures
from shared.patients.read_profile import ReadProfile
from tests.rooms.triggers.interrupted import Interrupted
from tests.support.house import House, a_house

SATURDAY = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
"""The day before the clocks of London go forward."""
LONDON = ZoneInfo("Europe/London")
ADA, BOB = PatientId("ada"), PatientId("bob")
NURSE = Caller("nina", "https://issuer", frozenset({Role.CUSTOMER_SERVICE_REPRESENTATIVE}))
CARER = Caller("carl", "https://issuer", frozenset({Role.CARE_COORDINATOR}))


def monday(hour: int, minute: int = 0) -> datetime:
    """Give a time on the Monday after, in London, where it is summer by then."""
    return datetime(2026, 3, 30, hour, minute, tzinfo=LONDON)


def as_patient(patient_id: PatientId) -> Caller:
    return Caller(f"login-of-{patient_id}", "https://patients", patient_id=patient_id)


@dataclass
class Heard(Publisher):
    """Remembers what it was told to publish."""

    announcements: list[Announcement] = field(default_factory=list[Announcement])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.announcements += announcements


@dataclass
class Unsteady:
    """A record to which something happens just before, or just after, each transaction about an appointment.

    Only the first, unless it is to happen `each_time`. `on_its_way` are those that were stopped before.
    """

    whole: SqliteRecord
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None
    each_time: bool = False
    is_over: bool = False
    on_its_way: Sequence[Write] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def transaction(self, writes: Sequence[Write]) -> Sequence[Resource | None]:
        if self.is_over or not any(write.type == "Appointment" for write in writes):
            return self.whole.transaction(writes)
        self.is_over, self.on_its_way = not self.each_time, writes
        self.before()
        stored = self.whole.transaction(writes)
        self.after()
        return stored


AnyRecord = SqliteRecord | Unsteady | Interrupted


@dataclass
class Desk:
    """Books, moves and cancels, on the record as it is or on one that something happens to."""

    house: House
    record: SqliteRecord
    heard: Heard = field(default_factory=Heard)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def has(self, *resources: Resource) -> None:
        self.record.load(resources)

    def hears_of(self, resource: Resource) -> None:
        """Have somebody else write what is there already."""
        self.record.transaction([Write("PUT", resource["resourceType"], resource["id"], resource)])

    def has_people(self) -> None:
        self.has(
            a_patient("ada", "O'Neill"),
            a_patient("bob", "Åkesson"),
            {"resourceType": "Practitioner", "id": "holm", "name": [{"family": "Holm", "prefix": ["Dr"]}]},
            {"resourceType": "Location", "id": "north", "name": "North Clinic"},
            a_schedule("mornings", "Practitioner/holm", "Location/north"),
            a_schedule("walk-ins", "Practitioner/holm"),
        )

    # -- what can be done

    def fulfil(self, record: AnyRecord | None = None) -> Fulfil:
        whole = cast("ClinicalRecord", record or self.record)
        return Fulfil(self.house.documents, CarryOut(whole, ReadProfile(whole, "GB"), self.write_back))

    def wish(self, record: AnyRecord | None = None) -> WishBooking:
        return WishBooking(self.house.documents, self.fulfil(record))

    def change(self, record: AnyRecord | None = None) -> WishChange:
        return WishChange(self.house.documents, self.record, self.fulfil(record))

    @property
    def write_back(self) -> LiveWriteBack:
        return LiveWriteBack(self.house.documents, self.house.clock)

    @property
    def features(self) -> LiveFeatures:
        return LiveFeatures(self.house.documents, self.house.clock)

    @property
    def show(self) -> ShowAppointments:
        return ShowAppointments(self.record, "Europe/London")

    def books(  # a test says what matters to it
        self,
        slot_id: str,
        *,
        by: PatientId = ADA,
        booking_id: str = "first",
        reason: str | None = None,
        record: AnyRecord | None = None,
    ) -> AppointmentShown:
        act = BookOwnAppointment(self.wish(record), self.show, self.features)
        asked = OwnBookingAsked(slot_id, Sensitive(reason) if reason is not None else None)
        return act(asked, patient_id=by, booking_id=booking_id, caller=as_patient(by), now=self.now)

    def books_for(self, patient_id: PatientId, slot_id: str, conversation_id: str | None) -> AppointmentShown:
        act = BookAppointment(self.wish(), self.show)
        asked = BookingAsked(slot_id, conversation_id=conversation_id)
        return act(asked, patient_id=patient_id, booking_id="by-staff", caller=NURSE, now=self.now)

    def bot_books(self, slot_id: str, *, booking_id: str = "bots", reason: str | None = None) -> None:
        wished = BookForPatient(booking_id, ADA, slot_id, "bot", Sensitive(reason), "chat-7")
        BookAtBotsWord(self.wish(), self.features)(wished, now=self.now)

    def moves(
        self,
        appointment_id: str,
        slot_id: str,
        *,
        by: PatientId = ADA,
        booking_id: str = "a-move",
        record: AnyRecord | None = None,
    ) -> AppointmentShown:
        return RescheduleOwnAppointment(self.change(record), self.show, self.features)(
            OwnMoveAsked(slot_id),
            patient_id=by,
            appointment_id=appointment_id,
            booking_id=booking_id,
            caller=as_patient(by),
            now=self.now,
        )

    def cancels(
        self,
        appointment_id: str,
        *,
        by: PatientId = ADA,
        booking_id: str = "a-cancellation",
        reason: str | None = None,
        record: AnyRecord | None = None,
    ) -> AppointmentShown:
        return CancelOwnAppointment(self.change(record), self.show)(
            OwnCancellationAsked(Sensitive(reason) if reason is not None else None),
            patient_id=by,
            appointment_id=appointment_id,
            booking_id=booking_id,
            caller=as_patient(by),
            now=self.now,
        )

    def sweeps(self, record: AnyRecord | None = None) -> int:
        """Queue what is overdue, and settle it; give how many there were."""
        act = SettleIntent(self.house.documents, self.fulfil(record))
        self.heard.announcements.clear()
        queued = QueueUnsettledBookings(self.house.documents, self.heard)(now=self.now)
        for told in self.heard.announcements:
            act(told.content, now=self.now)  # pyright: ignore[reportArgumentType]  # it publishes nothing else
        return queued

    def goes_on_for(self, **how_long: float) -> None:
        self.house.clock.pass_by(timedelta(**how_long))

    # -- what can be seen

    def search(self, **query: Any) -> list[SlotShown]:
        found = SearchSlots(self.record, "Europe/London")(SlotsQuery(**query), now=self.now)
        return list(found.slots)

    def lists(self, of: PatientId = ADA, *, caller: Caller | None = None, **which: Any) -> Any:
        return ListAppointments(self.record, self.show)(
            WhichAppointments(**which), patient_id=of, caller=caller or as_patient(of), now=self.now
        )

    def reads(self, appointment_id: str, *, of: PatientId = ADA) -> AppointmentShown:
        act = ReadAppointment(self.record, self.show)
        return act(patient_id=of, appointment_id=appointment_id, caller=as_patient(of))

    @property
    def read_now(self) -> ReadAppointmentNow:
        return ReadAppointmentNow(self.record, "Europe/London")

    def status_of(self, slot_id: str) -> str:
        return self.record.read("Slot", slot_id)["status"]

    def intent(self, booking_id: str, of: PatientId = ADA) -> Intent:
        found = intent_at(self.house.documents, of, booking_id)
        assert found is not None
        return found.body

    def kept(self, appointment_id: str, of: PatientId = ADA) -> Kept:
        found = kept_at(self.house.documents, of, appointment_id)
        assert found is not None
        return found.body

    def told(self, type_: str) -> list[dict[str, Any]]:
        """Give the contents of all announcements of one type that were committed and not yet relayed."""
        changes, _ = self.house.change_feed.read("a test", limit=1000)
        bodies = [change["body"] for change in changes if change["kind"] == "announcement"]
        return [body["content"] for body in bodies if body["type"] == type_]

    def changes_told(self) -> list[tuple[int, str]]:
        return [(told["change"], told["happened"]) for told in self.told("AppointmentChanged")]


def raising(error: BaseException) -> Callable[[], object]:
    def happens() -> object:
        raise error

    return happens


def a_patient(patient_id: str, family: str, **more: Any) -> Resource:
    name = [{"family": family, "given": ["Ada"]}]
    return {"resourceType": "Patient", "id": patient_id, "active": True, "name": name, **more}


def a_schedule(schedule_id: str, *actors: str, **more: Any) -> Resource:
    return {
        "resourceType": "Schedule",
        "id": schedule_id,
        "active": True,
        "actor": [{"reference": name} for name in actors],
        **more,
    }


def a_slot(  # a test says what matters to it
    slot_id: str,
    starts: datetime,
    *,
    schedule: str = "mornings",
    status: str = "free",
    minutes: int = 20,
    **more: Any,
) -> Resource:
    return {
        "resourceType": "Slot",
        "id": slot_id,
        "specialty": [{"coding": [{"system": "http://snomed.info/sct", "code": "394814009"}], "text": "GP"}],
        "schedule": {"reference": f"Schedule/{schedule}"},
        "status": status,
        "start": starts.isoformat(),
        "end": (starts.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(starts.tzinfo).isoformat(),
        **more,
    }


def an_appointment(appointment_id: str, starts: datetime, *actors: str, **more: Any) -> Resource:
    return {
        "resourceType": "Appointment",
        "id": appointment_id,
        "status": "booked",
        "start": starts.isoformat(),
        "end": (starts + timedelta(minutes=20)).isoformat(),
        "participant": [{"actor": {"reference": name}, "status": "accepted"} for name in actors],
        **more,
    }


@contextmanager
def a_desk(folder: Path, *, at: datetime = SATURDAY) -> Generator[Desk]:
    with a_house(folder, INDEXES, clock=StoppedClock(at)) as house:
        record = SqliteRecord(folder / "record.db", clock=house.clock)
        try:
            desk = Desk(house, record)
            desk.has_people()
            yield desk
        finally:
            record.close()
