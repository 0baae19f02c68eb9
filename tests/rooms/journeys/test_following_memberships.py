"""Journeys of people who come into a segment, or leave it."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shared.journeys.model import OnSegment
from tests.rooms.journeys.builders import ADA, a_draft_on_segment, a_task, a_text
from tests.rooms.journeys.clinic import Clinic, a_clinic

FOR_GOOD = OnSegment("segment", "out-of-range")
ON_LEAVING = OnSegment("segment", "out-of-range", "left")


@pytest.fixture
def clinic(tmp_path: Path) -> Generator[Clinic]:
    with a_clinic(tmp_path) as clinic:
        yield clinic


class TestFollowMembership:
    def test_starts_once_for_one_coming(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_segment())
        changed = clinic.hears_of_membership("joined")

        clinic.follow_membership(changed, now=clinic.now)

        (run,) = clinic.runs()
        assert run.id == "enrolment~follow-up~segment~out-of-range~joined-1"
        assert len(clinic.told("SendMessage")) == len(clinic.told("CreateTask")) == 1

    def test_asks_a_person_to_do_something(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_segment(a_task(due_in_hours=48, team="outreach", priority="urgent")))

        clinic.hears_of_membership("joined")

        (task,) = clinic.told("CreateTask")
        assert task.pop("task_id")
        assert task == {
            "patient_id": ADA,
            "code": "outreach",
            "description": "Call and offer an appointment.",
            "because": "enrolment~follow-up~segment~out-of-range~joined-1~call",
            "focus": "segment/out-of-range",
            "priority": "urgent",
            "due_at": "2026-03-04T09:00:02Z",
            "team": "outreach",
        }

    def test_starts_only_what_is_about_that_segment_and_that_happening(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_segment(), named="joined")
        clinic.has_journey(a_draft_on_segment(starts_on=ON_LEAVING), named="left")
        other = OnSegment("segment", "other")
        clinic.has_journey(a_draft_on_segment(starts_on=other, state="draft"), named="other")

        clinic.hears_of_membership("joined")

        assert [run.journey_id for run in clinic.runs()] == ["joined"]

    def test_starts_again_as_the_rule_of_reentry_allows(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_segment(reentry_days=90))
        clinic.hears_of_membership("joined", 1)
        clinic.goes_on_for(days=30)
        clinic.hears_of_membership("left", 1)
        clinic.hears_of_membership("joined", 2)
        clinic.goes_on_for(days=60)

        clinic.hears_of_membership("left", 2)
        clinic.hears_of_membership("joined", 3)

        assert [run.reason for run in clinic.runs()] == ["left_segment", "repeat_entry_blocked", None]

    def test_ends_with_the_stay_and_takes_back_what_was_not_sent(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_segment(), named="while-in")
        clinic.has_journey(a_draft_on_segment(starts_on=FOR_GOOD), named="for-good")
        clinic.has_journey(a_draft_on_segment(a_text("bye"), starts_on=ON_LEAVING), named="farewell")
        clinic.hears_of_membership("joined")

        clinic.hears_of_membership("left")

        states = {run.journey_id: (run.state, run.reason) for run in clinic.runs()}
        assert states == {
            "while-in": ("ended", "left_segment"),
            "for-good": ("active", None),
            "farewell": ("completed", None),
        }
        (taken_back,) = clinic.told("CancelMessage")
        assert taken_back["because"].startswith("enrolment~while-in~")

    def test_leaves_runs_of_other_segments_and_of_triggers_alone(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_segment())
        clinic.hears_of_membership("joined")

        clinic.hears_of_membership("left", segment_id="smokers")

        assert [run.state for run in clinic.runs()] == ["active"]

    def test_ends_what_a_paused_journey_had_begun(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_segment())
        clinic.hears_of_membership("joined")
        clinic.has_journey(a_draft_on_segment(state="paused"))

        clinic.hears_of_membership("left")

        assert [run.reason for run in clinic.runs()] == ["left_segment"]

    def test_starts_nothing_for_a_coming_told_after_the_going(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft_on_segment())
        clinic.hears_of_membership("left", 1)

        clinic.hears_of_membership("joined", 1)

        assert clinic.runs() == []

    def test_writes_nothing_where_no_journey_asks(self, clinic: Clinic) -> None:
        before, _ = clinic.house.change_feed.read("a test", limit=1000)

        clinic.hears_of_membership("joined")

        after, _ = clinic.house.change_feed.read("a test", limit=1000)
        assert after == before
