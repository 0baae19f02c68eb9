"""What journeys may start on, and the limits of their newer steps."""

import json
from typing import Any

import pytest

from shared.adapters.codec import from_json
from shared.journeys.definitions import drafted
from shared.journeys.model import JourneyDraft, OnAppointment, OnSegment, Step
from shared.kernel.refusals import Nonsense
from tests.rooms.journeys.builders import (
    a_draft,
    a_draft_on_appointment,
    a_draft_on_segment,
    a_task,
    a_text,
    a_wait_before,
)


def problems_of(draft: JourneyDraft) -> list[str]:
    with pytest.raises(Nonsense) as refused:
        drafted("follow-up", draft, None)
    return [path for path, _ in refused.value.fields]


def posted(starts_on: Any, **more: Any) -> JourneyDraft:
    """Read a draft as strictly as the door does."""
    usual: dict[str, Any] = {"name": "A", "purpose": "B", "reentry_days": 0, "steps": []}
    draft = {**usual, "starts_on": starts_on, **more}
    return from_json(json.dumps(draft), JourneyDraft, strangers=False)


class TestWhatAJourneyStartsOn:
    @pytest.mark.parametrize(
        ("plain", "read"),
        [
            ("hba1c", "hba1c"),
            (
                {"kind": "appointment", "happened": ["booked", "moved"]},
                OnAppointment("appointment", ("booked", "moved")),
            ),
            ({"kind": "segment", "segment_id": "smokers"}, OnSegment("segment", "smokers")),
            (
                {"kind": "segment", "segment_id": "smokers", "happened": "joined", "end_on_leaving": True},
                OnSegment("segment", "smokers", "joined", end_on_leaving=True),
            ),
        ],
    )
    def test_is_read_from_what_people_post(self, plain: Any, read: object) -> None:
        assert posted(plain).starts_on == read

    @pytest.mark.parametrize(
        "plain",
        [
            None,
            7,
            {},
            {"kind": "appointment"},
            {"kind": "appointment", "happened": ["rung"]},
            {"kind": "appointment", "happened": "booked"},
            {"kind": "appointment", "happened": ["booked"], "segment_id": "smokers"},
            {"kind": "segment", "happened": "joined"},
            {"kind": "segment", "segment_id": "smokers", "end_on_leaving": "yes"},
            {"kind": "moon", "happened": ["booked"]},
        ],
    )
    def test_is_nothing_else(self, plain: Any) -> None:
        with pytest.raises(Nonsense) as refused:
            posted(plain)

        assert all(path.startswith("starts_on") for path, _ in refused.value.fields)

    @pytest.mark.parametrize(
        ("starts_on", "field"),
        [
            (OnAppointment("appointment", ()), "starts_on.happened"),
            (OnAppointment("appointment", ("booked", "booked")), "starts_on.happened"),
            (OnSegment("segment", "Not An Id"), "starts_on.segment_id"),
            (OnSegment("segment", "smokers", "left", end_on_leaving=True), "starts_on.end_on_leaving"),
            ("Not An Id", "starts_on"),
        ],
    )
    def test_makes_sense(self, starts_on: Any, field: str) -> None:
        assert problems_of(a_draft(a_text(), starts_on=starts_on, reentry_days=0)) == [field]

    @pytest.mark.parametrize("days", [None, 1, 90])
    def test_never_refuses_a_second_appointment(self, days: int | None) -> None:
        assert problems_of(a_draft_on_appointment(reentry_days=days)) == ["reentry_days"]

    def test_makes_a_new_version_where_it_changes(self) -> None:
        first = drafted("follow-up", a_draft_on_segment(), None)

        for_good = a_draft_on_segment(starts_on=OnSegment("segment", "out-of-range"))

        assert drafted("follow-up", for_good, first).version == 2
        assert drafted("follow-up", a_draft_on_segment(), first).version == 1


class TestSteps:
    @pytest.mark.parametrize(
        ("step", "field"),
        [
            (a_wait_before(days=-1), "steps.0.days"),
            (a_wait_before(days=91), "steps.0.days"),
            (a_wait_before(minutes=90 * 24 * 60 + 1), "steps.0.days"),
            (a_task(due_in_hours=0), "steps.0.due_in_hours"),
            (a_task(due_in_hours=8761), "steps.0.due_in_hours"),
            (a_task(team=" "), "steps.0.team"),
            (a_task(team="t" * 65), "steps.0.team"),
        ],
    )
    def test_keep_their_limits(self, step: Step, field: str) -> None:
        assert problems_of(a_draft_on_appointment(step)) == [field]

    @pytest.mark.parametrize("description", ["", " \n", "x" * 1001])
    def test_say_what_is_to_be_done(self, description: str) -> None:
        task = {"kind": "create_task", "id": "call", "code": "outreach", "description": description}

        assert problems_of(posted("hba1c", steps=[task])) == ["steps.0.description"]

    @pytest.mark.parametrize(
        "draft",
        [
            a_draft(a_wait_before(days=1)),
            a_draft_on_segment(a_wait_before(days=1)),
            a_draft_on_appointment(
                a_wait_before(days=1), starts_on=OnAppointment("appointment", ("booked", "cancelled"))
            ),
        ],
    )
    def test_wait_for_an_appointment_only_where_there_is_one(self, draft: JourneyDraft) -> None:
        assert problems_of(draft) == ["steps.0.kind"]

    def test_may_wait_until_the_appointment_itself(self) -> None:
        draft = a_draft_on_appointment(a_wait_before(), a_text())

        assert drafted("follow-up", draft, None).version == 1
