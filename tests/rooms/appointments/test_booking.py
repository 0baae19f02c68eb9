"""Booking: once, whole, or not at all, and never two at the same time (D11, AP-3)."""

import logging
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.fhir_validation import require_valid
from shared.appointments.documents import INDEXES
from shared.appointments.guards import GUARD
from shared.appointments.refusals import (
    BookingIdUsedForAnother,
    NoSuchPatient,
    NoSuchSlot,
    PatientCannotBook,
    PatientHasAnotherAppointment,
    PatientHasThisTimeAlready,
    PractitionerIsTaken,
    RoomIsTaken,
    SlotAlreadyTaken,
    SlotInThePast,
    SlotNotBookable,
    TooManyAppointments,
)
from shared.fhir.ports import SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense, Refusal, TransientFault
from tests.rooms.appointments.desk import (
    ADA,
    BOB,
    SATURDAY,
    Desk,
    Unsteady,
    a_desk,
    a_patient,
    a_schedule,
    a_slot,
    an_appointment,
    monday,
    raising,
)
from tests.rooms.triggers.interrupted import Interrupted
from tests.support.edge_app import everything_in


@pytest.fixture
def desk(tmp_path: Path) -> Generator[Desk]:
    with a_desk(tmp_path) as desk:
        desk.has(a_slot("nine", monday(9)), a_slot("ten", monday(10)))
        yield desk


class TestBooking:
    def test_makes_an_appointment_and_takes_the_slot_in_one(self, desk: Desk) -> None:
        booked = desk.books("nine")

        assert (booked.status, booked.starts_at, booked.slot_id) == ("booked", monday(9), "nine")
        assert (booked.practitioner_name, booked.location_name) == ("Dr Holm", "North Clinic")
        assert desk.status_of("nine") == "busy"

    def test_is_valid_r4_with_the_slots_own_times(self, desk: Desk) -> None:
        booked = desk.books("nine", reason="A sore throat")

        kept = desk.record.read("Appointment", booked.id)
        require_valid("Appointment", booked.id, kept)
        assert (kept["start"], kept["end"]) == ("2026-03-30T09:00:00+01:00", "2026-03-30T09:20:00+01:00")
        assert kept["minutesDuration"] == 20
        assert kept["reasonCode"] == [{"text": "A sore throat"}]
        assert "description" not in kept
        who = [each["actor"]["reference"] for each in kept["participant"]]
        assert who == ["Patient/ada", "Practitioner/holm", "Location/north"]

    def test_tells_of_it_once_in_the_commit_that_settles_it(self, desk: Desk) -> None:
        booked = desk.books("nine")

        (told,) = desk.told("AppointmentChanged")
        assert (told["patient_id"], told["appointment_id"]) == ("ada", booked.id)
        assert (told["change"], told["happened"]) == (1, "booked")
        assert told["starts_at"] == "2026-03-30T08:00:00Z"
        assert desk.kept(booked.id).change == 1
        assert (desk.intent("first").state, desk.intent("first").settle_by) == ("done", None)

    def test_is_audited_as_whoever_did_it(self, desk: Desk) -> None:
        desk.books_for(ADA, "nine", conversation_id=None)

        (entry,) = desk.told("RecordAudit")
        assert (entry["who"], entry["what"]) == ("https://issuer|nina", "book_appointment")
        assert entry["patient_id"] == "ada"

    def test_under_the_same_id_is_the_same_booking(self, desk: Desk) -> None:
        once = desk.books("nine")
        again = desk.books("nine")

        assert once == again
        assert desk.changes_told() == [(1, "booked")]

    def test_under_the_same_id_with_another_slot_is_refused(self, desk: Desk) -> None:
        desk.books("nine")

        with pytest.raises(BookingIdUsedForAnother):
            desk.books("ten")

    def test_of_two_people_under_the_same_id_are_two(self, desk: Desk) -> None:
        of_ada = desk.books("nine", by=ADA)
        of_bob = desk.books("ten", by=BOB)

        assert of_ada.id != of_bob.id

    def test_of_a_slot_at_midnight_takes_the_guards_of_both_days(self, desk: Desk) -> None:
        desk.has(a_slot("late", monday(0, 50), minutes=20))  # 23:50 on Sunday in UTC

        desk.books_for(ADA, "late", conversation_id=None)

        guards = desk.record.search("Basic", SearchParameters([("code", f"{GUARD}|guard")]))
        assert len(guards.matches) == 4, "two days of the practitioner's, two of the patient's"

    @pytest.mark.parametrize(
        ("reason", "what"), [("x" * 1001, "longer"), ("a\x00b", "control"), ("a\x1b[31m", "control")]
    )
    def test_for_a_reason_that_fhir_cannot_hold_is_nonsense(self, desk: Desk, reason: str, what: str) -> None:
        with pytest.raises(Nonsense, match=what):
            desk.books("nine", reason=reason)

    @pytest.mark.parametrize("reason", ['=HYPERLINK("http://x")', "<script>alert(1)</script>", "+44 O'Neill"])
    def test_keeps_the_reason_as_it_was_written_and_out_of_the_log(
        self, desk: Desk, reason: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            booked = desk.books("nine", reason=reason)

        assert booked.reason.value == reason
        assert desk.record.read("Appointment", booked.id)["reasonCode"] == [{"text": reason}]
        assert "appointments.wish.done" in caplog.text
        assert reason not in everything_in(caplog.records)
        assert reason not in repr(desk.told("AppointmentChanged"))


class TestARefusal:
    def refused(self, desk: Desk, slot_id: str, refusal: type[Refusal], *, by: PatientId = ADA) -> None:
        with pytest.raises(refusal):
            desk.books(slot_id, by=by, booking_id="refused")
        with pytest.raises(refusal):
            desk.books(slot_id, by=by, booking_id="refused")
        assert (desk.intent("refused", by).state, desk.intent("refused", by).refusal) == (
            "refused",
            refusal.__name__,
        )
        assert "refused" not in desk.told("AppointmentChanged")

    def test_of_a_slot_that_somebody_has(self, desk: Desk) -> None:
        desk.books("nine", by=BOB)

        self.refused(desk, "nine", SlotAlreadyTaken)

    def test_of_a_slot_that_the_patient_has_tells_them_so(self, desk: Desk) -> None:
        desk.books("nine")

        self.refused(desk, "nine", PatientHasThisTimeAlready)
        assert [one.status for one in desk.lists().appointments] == ["booked"]

    def test_of_a_slot_that_the_patient_had_and_somebody_has_now(self, desk: Desk) -> None:
        desk.cancels(desk.books("nine").id)
        desk.books("nine", by=BOB)

        self.refused(desk, "nine", SlotAlreadyTaken)

    def test_of_a_slot_that_has_begun(self, desk: Desk) -> None:
        desk.has(a_slot("noon", SATURDAY))

        self.refused(desk, "noon", SlotInThePast)

    def test_of_a_slot_that_is_not_there(self, desk: Desk) -> None:
        self.refused(desk, "nowhere", NoSuchSlot)

    def test_of_what_cannot_be_a_slot(self, desk: Desk) -> None:
        with pytest.raises(NoSuchSlot):
            desk.books("a slot,another")

    @pytest.mark.parametrize("status", ["busy-unavailable", "entered-in-error"])
    def test_of_a_slot_that_is_closed(self, desk: Desk, status: str) -> None:
        desk.has(a_slot("closed", monday(11), status=status))

        self.refused(desk, "closed", SlotNotBookable)

    def test_of_a_slot_in_a_schedule_that_is_not_active(self, desk: Desk) -> None:
        desk.has(a_schedule("mornings", "Practitioner/holm", active=False))

        self.refused(desk, "nine", SlotNotBookable)

    def test_of_a_slot_with_nobody(self, desk: Desk) -> None:
        desk.has(a_schedule("mornings", "Location/north"))

        self.refused(desk, "nine", SlotNotBookable)

    @pytest.mark.parametrize("start", ["2026-03-30", "2026-03-30T09:00:00", "soon"])
    def test_of_a_slot_whose_time_is_no_instant(self, desk: Desk, start: str) -> None:
        desk.has(a_slot("vague", monday(9)) | {"start": start})

        self.refused(desk, "vague", SlotNotBookable)

    @pytest.mark.parametrize(
        "what", [{"active": False}, {"deceasedBoolean": True}, {"deceasedDateTime": "2026-01-01"}]
    )
    def test_of_a_patient_who_cannot_come(self, desk: Desk, what: dict[str, object]) -> None:
        desk.has(a_patient("ada", "O'Neill", **what))

        self.refused(desk, "nine", PatientCannotBook)

    def test_of_a_record_that_another_replaces(self, desk: Desk) -> None:
        link = [{"type": "replaced-by", "other": {"reference": "Patient/bob"}}]
        desk.has(a_patient("ada", "O'Neill", link=link))

        self.refused(desk, "nine", PatientCannotBook)

    def test_of_somebody_who_is_not_there(self, desk: Desk) -> None:
        self.refused(desk, "nine", NoSuchPatient, by=PatientId("nobody"))

    def test_of_a_patient_who_is_elsewhere_then(self, desk: Desk) -> None:
        desk.has(an_appointment("x-ray", monday(9, 10), "Patient/ada", status="arrived"))

        self.refused(desk, "nine", PatientHasAnotherAppointment)

    def test_of_a_practitioner_whom_an_appointment_without_a_slot_takes(self, desk: Desk) -> None:
        desk.has(an_appointment("round", monday(8, 50), "Practitioner/holm"))

        self.refused(desk, "nine", PractitionerIsTaken)

    def test_of_a_practitioner_who_is_busy_in_another_schedule(self, desk: Desk) -> None:
        desk.has(a_slot("walk-in", monday(9, 10), schedule="walk-ins"))
        desk.books("walk-in", by=BOB)

        self.refused(desk, "nine", PractitionerIsTaken)

    def test_of_a_practitioner_who_is_busy_under_another_role(self, desk: Desk) -> None:
        role = {"practitioner": {"reference": "Practitioner/holm"}}
        desk.has(
            {"resourceType": "PractitionerRole", "id": "on-call", **role},
            a_schedule("nights", "PractitionerRole/on-call"),
            a_slot("night", monday(8, 50), schedule="nights", status="busy-unavailable"),
        )

        self.refused(desk, "nine", PractitionerIsTaken)

    def test_of_a_room_in_use(self, desk: Desk) -> None:
        kind = {"physicalType": {"coding": [{"code": "ro"}]}}
        desk.has(
            {"resourceType": "Location", "id": "theatre", **kind},
            a_schedule("mornings", "Practitioner/holm", "Location/theatre"),
            an_appointment("operation", monday(9, 5), "Practitioner/other", "Location/theatre"),
        )

        self.refused(desk, "nine", RoomIsTaken)

    def test_is_not_for_a_clinic_that_others_visit_then(self, desk: Desk) -> None:
        desk.has(an_appointment("others", monday(9), "Practitioner/other", "Location/north"))

        assert desk.books("nine").status == "booked"

    def test_is_not_for_what_ends_as_it_begins(self, desk: Desk) -> None:
        desk.has(
            an_appointment("before", monday(8, 40), "Practitioner/holm", "Patient/ada"),
            an_appointment("after", monday(9, 20), "Practitioner/holm", "Patient/ada"),
        )

        assert desk.books("nine").status == "booked"

    def test_is_not_for_what_was_cancelled(self, desk: Desk) -> None:
        desk.has(an_appointment("round", monday(9), "Practitioner/holm", status="cancelled"))

        assert desk.books("nine").status == "booked"


class TestTooManyAppointments:
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Generator[Desk]:
        with a_desk(tmp_path) as desk:
            desk.has(*(a_slot(f"at-{hour}", monday(hour)) for hour in range(8, 18)))
            for hour in range(8, 12):
                desk.books(f"at-{hour}", booking_id=f"wish-{hour}")
            yield desk

    def test_are_not_made_by_the_patient_or_the_bot(self, desk: Desk) -> None:
        desk.books("at-12", booking_id="the-fifth")

        with pytest.raises(TooManyAppointments):
            desk.books("at-13", booking_id="the-sixth")
        with pytest.raises(TooManyAppointments):
            desk.bot_books("at-13")

        assert [told["refusal"] for told in desk.told("BookingSettled")] == ["TooManyAppointments"]
        assert desk.status_of("at-13") == "free"

    def test_may_be_made_by_staff(self, desk: Desk) -> None:
        desk.books("at-12", booking_id="the-fifth")

        assert desk.books_for(ADA, "at-13", conversation_id=None).status == "booked"

    def test_are_none_of_another_patient_nor_over_nor_cancelled(self, desk: Desk) -> None:
        desk.has(
            an_appointment("bobs", monday(19), "Patient/bob"),
            an_appointment("past", SATURDAY - timedelta(days=1), "Patient/ada"),
            an_appointment("off", monday(20), "Patient/ada", status="cancelled"),
        )

        assert desk.books("at-12", booking_id="the-fifth").status == "booked"

    def test_may_be_moved_and_booked_anew_when_one_is_cancelled(self, desk: Desk) -> None:
        fifth = desk.books("at-12", booking_id="the-fifth")

        assert desk.moves(fifth.id, "at-13").status == "booked"
        desk.cancels(fifth.id)
        assert desk.books("at-14", booking_id="another").status == "booked"

    def test_are_not_made_by_two_wishes_at_once_on_different_days(self, desk: Desk) -> None:
        desk.has(a_slot("on-tuesday", monday(9) + timedelta(days=1)))
        record = Unsteady(desk.record, before=lambda: desk.books("on-tuesday", booking_id="quicker"))

        with pytest.raises(TooManyAppointments):
            desk.books("at-13", booking_id="slower", record=record)

        assert desk.status_of("at-13") == "free"


class TestARace:
    def test_for_overlapping_slots_is_won_by_one(self, desk: Desk) -> None:
        desk.has(a_slot("walk-in", monday(9, 10), schedule="walk-ins"))
        record = Unsteady(desk.record, before=lambda: desk.books("walk-in", by=BOB))

        with pytest.raises(PractitionerIsTaken):
            desk.books("nine", record=record)

        assert (desk.status_of("walk-in"), desk.status_of("nine")) == ("busy", "free")
        assert len(desk.told("AppointmentChanged")) == 1

    def test_for_two_appointments_of_one_patient_is_won_by_one(self, desk: Desk) -> None:
        desk.has(
            a_schedule("others", "Practitioner/other"), a_slot("other", monday(9, 10), schedule="others")
        )
        record = Unsteady(desk.record, before=lambda: desk.books("other", booking_id="second"))

        with pytest.raises(PatientHasAnotherAppointment):
            desk.books("nine", record=record)

    def test_for_the_same_slot_is_won_by_one(self, desk: Desk) -> None:
        record = Unsteady(desk.record, before=lambda: desk.books("nine", by=BOB))

        with pytest.raises(SlotAlreadyTaken):
            desk.books("nine", record=record)

    def test_about_nothing_in_common_but_the_day_is_run_again_and_won_by_both(self, desk: Desk) -> None:
        record = Unsteady(desk.record, before=lambda: desk.books("ten", by=BOB))

        booked = desk.books("nine", record=record)

        assert (booked.status, desk.status_of("nine"), desk.status_of("ten")) == ("booked", "busy", "busy")

    def test_against_oneself_gives_the_one_booking(self, desk: Desk) -> None:
        record = Unsteady(desk.record, before=lambda: desk.books("nine"))

        with pytest.raises(LostRace):
            desk.books("nine", record=record)
        booked = desk.books("nine")

        assert [one.id for one in desk.lists().appointments] == [booked.id]
        assert desk.changes_told() == [(1, "booked")]

    def test_against_oneself_is_no_refusal_because_the_slot_is_taken_by_then(self, desk: Desk) -> None:
        def another_of_us_is_quicker_and_dies() -> None:
            desk.fulfil().carry_out(desk.intent("first"), now=desk.now)

        record = Interrupted(desk.record, "read", another_of_us_is_quicker_and_dies)

        assert desk.books("nine", record=record).status == "booked"
        assert desk.changes_told() == [(1, "booked")]

    def test_that_is_lost_every_time_is_a_fault_for_now(self, desk: Desk) -> None:
        def another_day_is_booked() -> None:
            for guard in desk.record.search("Basic", SearchParameters([("code", f"{GUARD}|guard")])).matches:
                taken = {"system": GUARD, "value": f"after {guard['meta']['versionId']}"}
                desk.hears_of(guard | {"identifier": [taken]})

        record = Unsteady(desk.record, before=another_day_is_booked, each_time=True)
        with pytest.raises(TransientFault):
            desk.books("nine", record=record)

        assert desk.intent("first").state == "pending"
        assert desk.books("nine").status == "booked"


class TestALostAnswer:
    def test_is_found_when_asked_again(self, desk: Desk) -> None:
        record = Unsteady(desk.record, after=raising(TransientFault("the line went dead")))
        with pytest.raises(TransientFault):
            desk.books("nine", record=record)
        assert desk.told("AppointmentChanged") == []

        booked = desk.books("nine")

        assert (booked.status, desk.changes_told()) == ("booked", [(1, "booked")])

    def test_is_settled_by_the_sweep_when_nobody_asks_again(self, desk: Desk) -> None:
        record = Unsteady(desk.record, after=raising(TransientFault()))
        with pytest.raises(TransientFault):
            desk.books("nine", record=record)
        assert desk.sweeps() == 0, "it may still be under way"
        desk.goes_on_for(minutes=1)

        assert desk.sweeps() == 1

        assert desk.changes_told() == [(1, "booked")]
        assert desk.sweeps() == 0

    def test_of_a_wish_that_never_reached_the_record_is_carried_out_by_the_sweep(self, desk: Desk) -> None:
        with pytest.raises(TransientFault):
            desk.books("nine", record=Unsteady(desk.record, before=raising(TransientFault())))
        desk.goes_on_for(minutes=1)

        desk.sweeps()

        assert (desk.status_of("nine"), desk.changes_told()) == ("busy", [(1, "booked")])

    def test_of_a_slot_that_has_gone_meanwhile_is_a_refusal(self, desk: Desk) -> None:
        with pytest.raises(TransientFault):
            desk.books("nine", record=Unsteady(desk.record, before=raising(TransientFault())))
        desk.books("nine", by=BOB)
        desk.goes_on_for(minutes=1)

        with pytest.raises(SlotAlreadyTaken):
            desk.sweeps()

        assert desk.intent("first").refusal == "SlotAlreadyTaken"
        assert [told["patient_id"] for told in desk.told("AppointmentChanged")] == ["bob"]

    def test_that_arrives_after_the_refusal_makes_the_appointment_stand(self, desk: Desk) -> None:
        record = Unsteady(desk.record, before=raising(TransientFault()))
        with pytest.raises(TransientFault):
            desk.books("nine", record=record)
        desk.has(a_patient("ada", "O'Neill", active=False))
        with pytest.raises(PatientCannotBook):
            desk.books("nine")

        desk.record.transaction(record.on_its_way)
        desk.goes_on_for(minutes=4)
        desk.sweeps()

        assert desk.intent("first").state == "done"
        assert desk.changes_told() == [(1, "booked")]


class TestTheSweep:
    def test_leaves_what_is_settled_alone(self, desk: Desk) -> None:
        desk.books("nine")
        desk.goes_on_for(days=1)

        assert desk.sweeps() == 0

    def test_comes_ever_more_rarely_to_what_keeps_failing(self, desk: Desk) -> None:
        broken = Unsteady(desk.record, before=raising(TransientFault()))
        with pytest.raises(TransientFault):
            desk.books("nine", record=broken)
        waits: list[timedelta] = []

        for _ in range(4):
            desk.goes_on_for(hours=2)
            with pytest.raises(TransientFault):
                desk.sweeps(Unsteady(desk.record, before=raising(TransientFault())))
            settle_by = desk.intent("first").settle_by
            assert settle_by is not None
            waits.append(settle_by - desk.now)

        assert waits == [timedelta(seconds=30 * 2**times) for times in range(4)]

    def test_finds_by_an_index_that_is_declared(self) -> None:
        assert [(index.kind, index.field) for index in INDEXES] == [("booking", "settle_by")]


class TestTheBot:
    def test_is_told_what_came_of_it(self, desk: Desk) -> None:
        desk.bot_books("nine", reason="My \x07 knee")
        desk.bot_books("nine")

        (told,) = desk.told("BookingSettled")
        (appointment,) = desk.lists().appointments
        assert (told["conversation_id"], told["booking_id"]) == ("chat-7", "bots")
        assert (told["appointment_id"], told["refusal"]) == (appointment.id, None)
        assert appointment.reason.value == "My  knee"
        assert desk.told("RecordAudit") == []

    def test_is_told_why_not(self, desk: Desk) -> None:
        desk.books("nine", by=BOB)

        with pytest.raises(SlotAlreadyTaken):
            desk.bot_books("nine")

        (told,) = desk.told("BookingSettled")
        assert (told["refusal"], told["appointment_id"]) == ("SlotAlreadyTaken", None)


class TestAConversationNamedByStaff:
    def test_is_noted_and_told_nothing(self, desk: Desk) -> None:
        booked = desk.books_for(ADA, "nine", conversation_id="chat-7")

        assert desk.kept(booked.id).conversation_id == "chat-7"
        assert desk.told("BookingSettled") == []

    def test_is_told_nothing_of_a_refusal(self, desk: Desk) -> None:
        desk.books("nine", by=BOB)

        with pytest.raises(SlotAlreadyTaken):
            desk.books_for(ADA, "nine", conversation_id="chat-7")

        assert desk.told("BookingSettled") == []

    def test_is_an_id_at_least(self, desk: Desk) -> None:
        with pytest.raises(Nonsense, match="conversation_id"):
            desk.books_for(ADA, "nine", conversation_id="chat 7; or another")
