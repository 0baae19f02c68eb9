"""Journeys about appointments: begun, moved, cancelled and asked about, whatever the order of the news."""

from collections.abc import Generator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.appointments.model import AppointmentChanged, AppointmentNow, AppointmentWords
from shared.journeys.definitions import MOST_STEPS
from shared.journeys.documents import followed_id
from shared.journeys.following import Followed
from shared.journeys.list_enrolments import EnrolmentShown
from shared.journeys.model import AdvanceEnrolment, EnrolmentHasMovedOn, OnAppointment
from shared.kernel.documents import LONGEST_ID
from shared.kernel.refusals import LostRace, TransientFault
from shared.patients.documents import patient_partition
from tests.rooms.journeys.builders import (
    ADA,
    MONDAY,
    a_draft,
    a_draft_on_appointment,
    a_text,
    a_wait,
    a_wait_before,
)
from tests.rooms.journeys.clinic import Clinic, a_clinic
from tests.rooms.triggers.interrupted import Interrupted

FRIDAY = MONDAY + timedelta(days=4)
NEXT_WEEK = MONDAY + timedelta(days=9)
IN_MADRID = AppointmentWords("2026-03-06T10:00:00+01:00", "Clínica Norte", "Dra. Núñez")
BY_VIDEO = AppointmentWords("2026-03-06T10:00:00+01:00", with_whom="Dra. Núñez", by_video=True)


@pytest.fixture
def clinic(tmp_path: Path) -> Generator[Clinic]:
    with a_clinic(tmp_path) as clinic:
        yield clinic


def run_of(clinic: Clinic, about: str, change: int) -> EnrolmentShown:
    (found,) = [run for run in clinic.runs() if run.id.endswith(f"~Appointment~{about}~change-{change}")]
    return found


def due(about: str = "eye-check", change: int = 1, step_counter: int = 1) -> AdvanceEnrolment:
    return AdvanceEnrolment(ADA, f"enrolment~follow-up~Appointment~{about}~change-{change}", step_counter)


def sent(clinic: Clinic) -> list[str]:
    return [told["because"].rpartition("~")[2] for told in clinic.told("SendMessage")]


class TestFollowAppointment:
    def test_confirms_at_once_and_waits_until_the_day_before(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())

        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)

        (run,) = clinic.runs()
        assert (run.subject.type, run.subject.id, run.due_at) == (
            "Appointment",
            "eye-check",
            FRIDAY - timedelta(days=1),
        )
        (message,) = clinic.told("SendMessage")
        assert message["values"] == {
            "appointment_at": "2026-03-06T10:00:00+01:00",
            "appointment_place": "",
            "appointment_with": "",
            "appointment_mode": "in_person",
        }
        assert datetime.fromisoformat(message["expires_at"]) == FRIDAY

    def test_speaks_of_where_with_whom_and_when_by_the_clock_there(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())

        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY, IN_MADRID)
        clinic.record.has[ADA, "eye-check"] = AppointmentNow("booked", FRIDAY, BY_VIDEO)
        clinic.advance(due(), now=FRIDAY - timedelta(days=1))

        confirmation, reminder = (told["values"] for told in clinic.told("SendMessage"))
        assert confirmation == {
            "appointment_at": "2026-03-06T10:00:00+01:00",
            "appointment_place": "Clínica Norte",
            "appointment_with": "Dra. Núñez",
            "appointment_mode": "in_person",
        }
        assert (reminder["appointment_place"], reminder["appointment_mode"]) == ("", "virtual")

    def test_speaks_of_a_cancelled_one_as_of_one_that_stands(self, clinic: Clinic) -> None:
        notice = OnAppointment("appointment", ("cancelled",))
        steps = (a_wait(hours=1), a_text("tell"))
        clinic.has_journey(a_draft_on_appointment(*steps, starts_on=notice))
        clinic.hears_of_appointment("eye-check", 1, "cancelled", FRIDAY, IN_MADRID)
        clinic.record.has.clear()

        clinic.advance(due(), now=clinic.now + timedelta(hours=1))

        (message,) = clinic.told("SendMessage")
        assert message["values"]["appointment_place"] == "Clínica Norte"

    def test_speaks_of_it_as_the_record_has_it_while_later_news_is_on_its_way(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.record.has[ADA, "eye-check"] = AppointmentNow("booked", NEXT_WEEK)

        clinic.follow_appointment(
            AppointmentChanged(ADA, "eye-check", 1, "booked", FRIDAY, clinic.now), now=clinic.now
        )

        (message,) = clinic.told("SendMessage")
        assert message["values"]["appointment_at"] == "2026-03-11T10:00:00+01:00"
        assert run_of(clinic, "eye-check", 1).due_at == NEXT_WEEK - timedelta(days=1)

    def test_begins_nothing_while_the_record_is_out_of_reach(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        changed = AppointmentChanged(ADA, "eye-check", 1, "booked", FRIDAY, clinic.now)
        clinic.record.is_down = True
        with pytest.raises(TransientFault):
            clinic.follow_appointment(changed, now=clinic.now)
        assert clinic.runs() == []
        clinic.record.is_down = False

        clinic.follow_appointment(changed, now=clinic.now)

        assert sent(clinic) == ["confirm"]

    def test_of_many_journeys_with_many_messages_is_never_more_than_a_commit_takes(
        self, clinic: Clinic
    ) -> None:
        texts = [a_text(f"text-{number}") for number in range(MOST_STEPS)]
        clinic.has_journey(a_draft_on_appointment(*texts), named="all-at-once")
        clinic.has_journey(a_draft_on_appointment(*texts[1:], a_wait_before(days=1)), named="waits")
        for number in range(MOST_STEPS):
            clinic.has_journey(a_draft_on_appointment(), named=f"one-of-many-{number}")

        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)
        clinic.hears_of_appointment("eye-check", 2, "cancelled", FRIDAY)

        runs = clinic.runs()
        assert len(runs) == MOST_STEPS + 2
        assert {run.state for run in runs} == {"completed", "ended"}
        assert len(clinic.told("CancelMessage")) == 3 * MOST_STEPS - 1

    def test_starts_once_however_often_it_is_told(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        changed = clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)

        clinic.follow_appointment(changed, now=clinic.now)

        assert len(clinic.runs()) == len(clinic.told("SendMessage")) == 1

    def test_starts_every_live_journey_on_what_happened_and_no_other(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment(), named="one")
        clinic.has_journey(a_draft_on_appointment(), named="two")
        clinic.has_journey(a_draft_on_appointment(state="paused"), named="paused")
        cancelled = OnAppointment("appointment", ("cancelled",))
        clinic.has_journey(a_draft(starts_on=cancelled, reentry_days=0), named="notice")
        clinic.has_journey(a_draft(), named="triggered")

        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)

        assert {run.journey_id for run in clinic.runs()} == {"one", "two"}

    def test_takes_the_old_reminder_back_when_it_is_moved(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)
        (asked,) = clinic.told("SendMessage")

        clinic.hears_of_appointment("eye-check", 2, "moved", NEXT_WEEK)

        before, after = run_of(clinic, "eye-check", 1), run_of(clinic, "eye-check", 2)
        assert (before.state, before.reason) == ("ended", "appointment_moved")
        assert (after.state, after.due_at) == ("active", NEXT_WEEK - timedelta(days=1))
        assert [told["message_id"] for told in clinic.told("CancelMessage")] == [asked["message_id"]]
        with pytest.raises(EnrolmentHasMovedOn):
            clinic.advance(due(), now=FRIDAY)

    def test_takes_back_what_a_completed_run_has_asked_for_when_it_is_cancelled(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment(a_text("confirm")))
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)

        clinic.hears_of_appointment("eye-check", 2, "cancelled", FRIDAY)

        (run,) = clinic.runs()
        assert run.state == "completed"
        assert len(clinic.told("CancelMessage")) == 1

    def test_stops_only_the_reminders_of_the_one_that_is_cancelled(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)
        clinic.hears_of_appointment("blood-test", 1, "booked", NEXT_WEEK)

        clinic.hears_of_appointment("eye-check", 2, "cancelled", FRIDAY)

        assert run_of(clinic, "eye-check", 1).reason == "appointment_cancelled"
        assert run_of(clinic, "blood-test", 1).state == "active"

    def test_tells_of_a_cancellation_once(self, clinic: Clinic) -> None:
        notice = OnAppointment("appointment", ("cancelled",))
        clinic.has_journey(a_draft_on_appointment(a_text("tell"), starts_on=notice))

        changed = clinic.hears_of_appointment("eye-check", 2, "cancelled", FRIDAY)
        clinic.follow_appointment(changed, now=clinic.now)

        assert sent(clinic) == ["tell"]

    def test_starts_nothing_on_news_that_comes_after_later_news(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 2, "cancelled", FRIDAY)

        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)

        assert clinic.runs() == []
        assert clinic.told("SendMessage") == []

    def test_starts_nothing_for_an_appointment_that_has_begun(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())

        clinic.hears_of_appointment("eye-check", 1, "booked", clinic.now)

        assert clinic.runs() == []

    def test_goes_on_where_it_was_left_half_way(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment(), named="one")
        clinic.has_journey(a_draft_on_appointment(), named="two")
        changed = AppointmentChanged(ADA, "eye-check", 1, "booked", FRIDAY, clinic.now)

        def died() -> None:
            raise TransientFault

        documents: Any = Interrupted(clinic.house.documents, "commit", died, after=2)
        with pytest.raises(TransientFault):
            clinic.following_with(documents)(changed, now=clinic.now)
        clinic.follow_appointment(changed, now=clinic.now)

        assert {run.journey_id for run in clinic.runs()} == {"one", "two"}
        assert len(clinic.told("SendMessage")) == 2

    def test_gives_way_to_later_news_followed_in_the_same_moment(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        changed = AppointmentChanged(ADA, "eye-check", 1, "booked", FRIDAY, clinic.now)

        def cancelled() -> None:
            clinic.hears_of_appointment("eye-check", 2, "cancelled", FRIDAY)

        documents: Any = Interrupted(clinic.house.documents, "look", cancelled, after=3)
        with pytest.raises(LostRace):
            clinic.following_with(documents)(changed, now=clinic.now)
        clinic.follow_appointment(changed, now=clinic.now)

        assert clinic.runs() == []

    def test_names_what_it_keeps_within_what_a_store_takes(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment(), named="j" * 40)
        about = "a" * 64

        clinic.hears_of_appointment(about, 1, "booked", FRIDAY)

        (run,) = clinic.runs()
        assert len(run.id) <= LONGEST_ID
        noted = clinic.house.documents.read(patient_partition(ADA), followed_id(about), Followed)
        assert noted.body.change == 1


class TestBeforeItGoesOn:
    """Before a reminder the record is asked: somebody else may have changed it without telling us."""

    @pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error", None])
    def test_a_run_ends_with_its_appointment(self, clinic: Clinic, status: str | None) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)
        if status is None:
            clinic.record.has.clear()
        else:
            clinic.record.has[ADA, "eye-check"] = AppointmentNow(status, FRIDAY)

        clinic.advance(due(), now=FRIDAY - timedelta(days=1))

        (run,) = clinic.runs()
        assert (run.state, run.reason) == ("ended", "appointment_cancelled")
        assert sent(clinic) == ["confirm"]

    @pytest.mark.parametrize("status", ["booked", "pending", "arrived", "checked-in"])
    def test_a_reminder_goes_while_it_stands(self, clinic: Clinic, status: str) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)
        clinic.record.has[ADA, "eye-check"] = AppointmentNow(status, FRIDAY)

        clinic.advance(due(), now=FRIDAY - timedelta(days=1))

        assert sent(clinic) == ["confirm", "remind"]

    def test_a_run_waits_anew_for_one_that_was_moved(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)
        clinic.record.has[ADA, "eye-check"] = AppointmentNow("booked", NEXT_WEEK)

        clinic.advance(due(), now=FRIDAY - timedelta(days=1))

        (run,) = clinic.runs()
        assert (run.state, run.due_at) == ("active", NEXT_WEEK - timedelta(days=1))
        with pytest.raises(EnrolmentHasMovedOn):
            clinic.advance(due(), now=FRIDAY - timedelta(days=1))
        clinic.advance(due(step_counter=2), now=NEXT_WEEK - timedelta(days=1))
        assert clinic.told("SendMessage")[-1]["values"]["appointment_at"] == "2026-03-11T10:00:00+01:00"

    def test_nothing_is_decided_while_the_record_is_out_of_reach(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)
        clinic.record.is_down = True

        with pytest.raises(TransientFault):
            clinic.advance(due(), now=FRIDAY - timedelta(days=1))

        (run,) = clinic.runs()
        assert (run.state, run.failing_since) == ("active", None)

    def test_the_record_is_not_asked_before_its_time(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)
        clinic.record.is_down = True

        clinic.advance(due(), now=clinic.now)

        assert sent(clinic) == ["confirm"]

    def test_a_notice_of_cancellation_goes_on_though_it_is_cancelled(self, clinic: Clinic) -> None:
        notice = OnAppointment("appointment", ("cancelled",))
        steps = (a_wait(hours=1), a_text("offer-another"))
        clinic.has_journey(a_draft_on_appointment(*steps, starts_on=notice))
        clinic.hears_of_appointment("eye-check", 1, "cancelled", FRIDAY)

        clinic.advance(due(), now=clinic.now + timedelta(hours=1))

        assert sent(clinic) == ["offer-another"]

    @pytest.mark.parametrize("late", [timedelta(), timedelta(minutes=1), timedelta(days=1)])
    def test_no_reminder_goes_once_it_has_begun(self, clinic: Clinic, late: timedelta) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)

        clinic.advance(due(), now=FRIDAY + late)

        (run,) = clinic.runs()
        assert (run.state, run.trail[-1].what) == ("completed", "too_late")
        assert sent(clinic) == ["confirm"]

    def test_a_reminder_that_is_late_but_of_use_goes_and_is_of_none_afterwards(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_appointment())
        clinic.hears_of_appointment("eye-check", 1, "booked", FRIDAY)

        clinic.advance(due(), now=FRIDAY - timedelta(minutes=1))

        assert sent(clinic) == ["confirm", "remind"]
        assert datetime.fromisoformat(clinic.told("SendMessage")[-1]["expires_at"]) == FRIDAY

    def test_a_notice_of_cancellation_goes_also_after_it_would_have_begun(self, clinic: Clinic) -> None:
        notice = OnAppointment("appointment", ("cancelled",))
        steps = (a_wait(days=1), a_text("offer-another", expires_after_hours=48))
        clinic.has_journey(a_draft_on_appointment(*steps, starts_on=notice))
        clinic.hears_of_appointment("eye-check", 1, "cancelled", clinic.now + timedelta(hours=3))

        clinic.advance(due(), now=clinic.now + timedelta(days=1))

        assert sent(clinic) == ["offer-another"]
