"""What an enrolment that ends early does about the messages it has asked for."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from shared.journeys.documents import journey_at
from shared.journeys.end_enrolment import EndingAsked
from tests.rooms.journeys.builders import ADA, a_draft, a_text, a_wait
from tests.rooms.journeys.clinic import MAKER, Clinic, a_clinic


@pytest.fixture
def clinic(tmp_path: Path) -> Generator[Clinic]:
    with a_clinic(tmp_path) as clinic:
        yield clinic


def withdraw(clinic: Clinic) -> None:
    clinic.stop(clinic.withdraws(), now=clinic.now)


def end_by_staff(clinic: Clinic) -> None:
    clinic.end(
        EndingAsked("She called."),
        patient_id=ADA,
        enrolment_id=clinic.due().enrolment_id,
        caller=MAKER,
        now=clinic.now,
        if_match=None,
    )


def stop_the_journey(clinic: Clinic) -> None:
    clinic.goes_on_for(days=3)
    draft = a_draft(a_text("ask"), a_text("ask-again"), a_wait(days=3), state="stopped")
    seen = journey_at(clinic.house.documents, "follow-up")
    clinic.has_journey(draft, if_match=seen.etag)
    clinic.advance(clinic.due(), now=clinic.now)


class TestARunThatEndsEarly:
    @pytest.mark.parametrize("end", [withdraw, end_by_staff, stop_the_journey])
    def test_takes_back_every_message_it_asked_for(
        self, clinic: Clinic, end: Callable[[Clinic], None]
    ) -> None:
        clinic.has_journey(a_draft(a_text("ask"), a_text("ask-again"), a_wait(days=3)))
        clinic.starts()

        end(clinic)

        shared = ("message_id", "patient_id", "channel", "template_id", "because")
        asked = [{key: told[key] for key in shared} for told in clinic.told("SendMessage")]
        assert clinic.told("CancelMessage") == asked
        assert len(asked) == 2

    def test_whose_result_was_withdrawn_takes_them_back_even_when_it_was_completed(
        self, clinic: Clinic
    ) -> None:
        clinic.has_journey(a_draft(a_text()))
        clinic.starts()

        withdraw(clinic)

        (run,) = clinic.runs()
        (asked,) = clinic.told("SendMessage")
        assert run.state == "completed"
        assert [told["message_id"] for told in clinic.told("CancelMessage")] == [asked["message_id"]]

    def test_leaves_the_messages_of_others_alone(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=0))
        clinic.starts("march")
        clinic.starts("april")

        withdraw(clinic)

        (told,) = clinic.told("CancelMessage")
        assert told["because"] == "enrolment~follow-up~Observation~march~ask"

    def test_that_completes_by_itself_takes_nothing_back(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(a_text()))

        clinic.starts()

        assert clinic.told("CancelMessage") == []
