"""Moving and cancelling: one's own, in order, with the old slot free again (AP-4, AP-10)."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shared.adapters.fhir_validation import require_valid
from shared.appointments.refusals import (
    AppointmentChangedMeanwhile,
    AppointmentIsOver,
    AppointmentNotBooked,
    BookingIdUsedForAnother,
    NoSuchAppointment,
    NoSuchSlot,
    PractitionerIsTaken,
    SlotAlreadyTaken,
)
from shared.kernel.refusals import TransientFault
from tests.rooms.appointments.desk import (
    BOB,
    Desk,
    Unsteady,
    a_desk,
    a_slot,
    an_appointment,
    monday,
    raising,
)


@pytest.fixture
def desk(tmp_path: Path) -> Generator[Desk]:
    with a_desk(tmp_path) as desk:
        desk.has(a_slot("nine", monday(9)), a_slot("ten", monday(10)), a_slot("eleven", monday(11)))
        yield desk


class TestMoving:
    def test_takes_the_new_slot_and_frees_the_old_in_one(self, desk: Desk) -> None:
        booked = desk.books("nine", reason="A cough")

        moved = desk.moves(booked.id, "ten")

        assert (moved.id, moved.starts_at, moved.slot_id) == (booked.id, monday(10), "ten")
        assert (desk.status_of("nine"), desk.status_of("ten")) == ("free", "busy")
        kept = desk.record.read("Appointment", booked.id)
        require_valid("Appointment", booked.id, kept)
        assert kept["reasonCode"] == [{"text": "A cough"}]

    def test_keeps_its_history(self, desk: Desk) -> None:
        booked = desk.books("nine")
        desk.moves(booked.id, "ten")

        past = [one["start"] for one in desk.record.history("Appointment", booked.id)]
        assert past == ["2026-03-30T10:00:00+01:00", "2026-03-30T09:00:00+01:00"]

    def test_is_told_as_the_next_change(self, desk: Desk) -> None:
        booked = desk.books("nine")
        desk.moves(booked.id, "ten")
        desk.moves(booked.id, "ten")

        assert desk.changes_told() == [(1, "booked"), (2, "moved")]
        assert desk.told("AppointmentChanged")[1]["starts_at"] == "2026-03-30T09:00:00Z"
        assert (desk.kept(booked.id).change, desk.kept(booked.id).slot_id) == (2, "ten")

    def test_to_where_it_is_changes_nothing(self, desk: Desk) -> None:
        booked = desk.books("nine")

        assert desk.moves(booked.id, "nine") == booked
        assert desk.changes_told() == [(1, "booked")]

    def test_to_a_slot_that_overlaps_its_own_is_possible(self, desk: Desk) -> None:
        desk.has(a_slot("walk-in", monday(9, 10), schedule="walk-ins"))
        booked = desk.books("nine")

        assert desk.moves(booked.id, "walk-in").starts_at == monday(9, 10)
        assert desk.status_of("nine") == "free"

    def test_to_a_slot_that_is_taken_leaves_all_as_it_was(self, desk: Desk) -> None:
        booked = desk.books("nine")
        desk.books("ten", by=BOB)

        with pytest.raises(SlotAlreadyTaken):
            desk.moves(booked.id, "ten")

        assert desk.reads(booked.id) == booked
        assert desk.status_of("nine") == "busy"

    def test_loses_a_race_for_what_overlaps_the_new_slot(self, desk: Desk) -> None:
        desk.has(a_slot("walk-in", monday(10, 10), schedule="walk-ins"))
        booked = desk.books("nine")
        record = Unsteady(desk.record, before=lambda: desk.books("walk-in", by=BOB))

        with pytest.raises(PractitionerIsTaken):
            desk.moves(booked.id, "ten", record=record)

        assert (desk.status_of("nine"), desk.status_of("ten")) == ("busy", "free")

    def test_of_somebody_elses_is_not_found(self, desk: Desk) -> None:
        booked = desk.books("nine")

        with pytest.raises(NoSuchAppointment):
            desk.moves(booked.id, "ten", by=BOB)

    def test_to_no_slot_is_not_found(self, desk: Desk) -> None:
        with pytest.raises(NoSuchSlot):
            desk.moves(desk.books("nine").id, "nowhere")

    def test_of_one_that_has_begun_is_refused(self, desk: Desk) -> None:
        booked = desk.books("nine")
        desk.goes_on_for(hours=44, minutes=1)  # from Saturday noon to 08:01 UTC, 09:01 in London

        with pytest.raises(AppointmentIsOver):
            desk.moves(booked.id, "ten")

    def test_of_a_cancelled_one_is_refused(self, desk: Desk) -> None:
        booked = desk.books("nine")
        desk.cancels(booked.id)

        with pytest.raises(AppointmentNotBooked):
            desk.moves(booked.id, "ten")

    def test_under_the_id_of_another_wish_is_refused(self, desk: Desk) -> None:
        booked = desk.books("nine")

        with pytest.raises(BookingIdUsedForAnother):
            desk.moves(booked.id, "ten", booking_id="first")

    def test_keeps_whoever_else_takes_part(self, desk: Desk) -> None:
        desk.has(an_appointment("family", monday(9), "Patient/ada", "Practitioner/holm", "RelatedPerson/mum"))

        desk.moves("family", "ten")

        kept = desk.record.read("Appointment", "family")
        who = [each["actor"]["reference"] for each in kept["participant"]]
        assert who == ["Patient/ada", "Practitioner/holm", "Location/north", "RelatedPerson/mum"]

    def test_that_was_done_and_not_answered_is_told_of_before_the_next_change(self, desk: Desk) -> None:
        booked = desk.books("nine")
        lost = Unsteady(desk.record, after=raising(TransientFault()))
        with pytest.raises(TransientFault):
            desk.moves(booked.id, "ten", record=lost)

        desk.cancels(booked.id)
        desk.goes_on_for(minutes=1)
        desk.sweeps()

        assert desk.changes_told() == [(1, "booked"), (2, "moved"), (3, "cancelled")]

    def test_that_never_reached_the_record_is_out_of_date_after_another(self, desk: Desk) -> None:
        booked = desk.books("nine")
        with pytest.raises(TransientFault):
            desk.cancels(booked.id, record=Unsteady(desk.record, before=raising(TransientFault())))
        desk.moves(booked.id, "ten")
        desk.goes_on_for(minutes=1)

        with pytest.raises(AppointmentChangedMeanwhile):
            desk.sweeps()

        assert desk.reads(booked.id).status == "booked"
        assert desk.changes_told() == [(1, "booked"), (2, "moved")]


class TestCancelling:
    def test_frees_the_slot_and_says_why_as_r4_spells_it(self, desk: Desk) -> None:
        booked = desk.books("nine")

        cancelled = desk.cancels(booked.id, reason="<b>Better</b>, thanks")

        kept = desk.record.read("Appointment", booked.id)
        require_valid("Appointment", booked.id, kept)
        assert (cancelled.status, desk.status_of("nine")) == ("cancelled", "free")
        assert kept["cancelationReason"]["text"] == "<b>Better</b>, thanks"
        assert kept["cancelationReason"]["coding"][0]["code"] == "pat"

    def test_twice_answers_the_same_and_is_told_once(self, desk: Desk) -> None:
        booked = desk.books("nine")

        once = desk.cancels(booked.id)
        again = desk.cancels(booked.id)
        anew = desk.cancels(booked.id, booking_id="another-click")

        assert once == again == anew
        assert desk.changes_told() == [(1, "booked"), (2, "cancelled")]

    def test_lets_the_slot_be_booked_again(self, desk: Desk) -> None:
        booked = desk.books("nine")
        desk.cancels(booked.id)

        again = desk.books("nine", by=BOB)

        assert (again.status, again.id != booked.id) == ("booked", True)

    def test_lets_the_same_patient_book_it_again(self, desk: Desk) -> None:
        booked = desk.books("nine")
        desk.cancels(booked.id)

        again = desk.books("nine", booking_id="second-thoughts")

        assert (again.status, again.id != booked.id) == ("booked", True)

    def test_of_a_past_one_is_refused(self, desk: Desk) -> None:
        booked = desk.books("nine")
        desk.goes_on_for(days=3)

        with pytest.raises(AppointmentIsOver):
            desk.cancels(booked.id)

    def test_of_somebody_elses_is_not_found(self, desk: Desk) -> None:
        booked = desk.books("nine")

        with pytest.raises(NoSuchAppointment):
            desk.cancels(booked.id, by=BOB)

        assert desk.reads(booked.id).status == "booked"

    @pytest.mark.parametrize("named", ["nothing", "a,b", "../Patient", "x" * 128])
    def test_of_what_is_not_there_is_not_found(self, desk: Desk, named: str) -> None:
        with pytest.raises(NoSuchAppointment):
            desk.cancels(named)

    def test_of_one_that_others_booked_counts_from_one(self, desk: Desk) -> None:
        desk.has(an_appointment("theirs", monday(9), "Patient/ada", "Practitioner/holm"))

        desk.cancels("theirs")

        assert desk.changes_told() == [(1, "cancelled")]

    def test_leaves_a_slot_that_another_appointment_fills_too(self, desk: Desk) -> None:
        booked = desk.books("nine")
        slot = {"slot": [{"reference": "Slot/nine"}]}
        desk.has(an_appointment("group", monday(9), "Patient/bob", "Practitioner/holm", **slot))

        desk.cancels(booked.id)

        assert desk.status_of("nine") == "busy"

    def test_whose_answer_is_lost_is_told_by_the_sweep(self, desk: Desk) -> None:
        booked = desk.books("nine")
        with pytest.raises(TransientFault):
            desk.cancels(booked.id, record=Unsteady(desk.record, after=raising(TransientFault())))
        desk.goes_on_for(minutes=1)

        desk.sweeps()

        assert desk.changes_told() == [(1, "booked"), (2, "cancelled")]

    def test_begins_again_when_the_slot_was_touched_in_that_moment(self, desk: Desk) -> None:
        booked = desk.books("nine")

        def commented() -> None:
            desk.hears_of(desk.record.read("Slot", "nine") | {"comment": "by the window"})

        desk.cancels(booked.id, record=Unsteady(desk.record, before=commented))

        assert desk.status_of("nine") == "free"
        assert desk.record.read("Slot", "nine")["comment"] == "by the window"
