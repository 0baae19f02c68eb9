"""The engine on its way to an appointment: what is waited for, left out, and sent."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.codec import from_json, to_json
from shared.appointments.model import AppointmentNow
from shared.journeys.bound_to_appointment import moved_to, next_step_before
from shared.journeys.definitions import drafted
from shared.journeys.engine import Decision, at_step, next_step
from shared.journeys.model import (
    Cause,
    Enrolment,
    EnrolmentHasMovedOn,
    Journey,
    SendMessageStep,
    Step,
    WaitBeforeStep,
)
from shared.messaging.model import SendMessage
from shared.tasks.model import CreateTask
from tests.rooms.journeys.builders import (
    MONDAY,
    a_draft_on_appointment,
    a_run_about_appointment,
    a_task,
    a_text,
    a_wait,
    a_wait_before,
)

LONDON = "Europe/London"
ZONES = st.sampled_from([LONDON, "America/Sao_Paulo", "UTC", "Australia/Lord_Howe", "America/St_Johns"])
INSTANTS = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2028, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    timezones=st.just(UTC),
)
NOTICE = st.timedeltas(timedelta(minutes=1), timedelta(days=100))


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    kinds = draw(st.lists(st.sampled_from(["send", "wait", "task", "before"]), min_size=1, max_size=8))
    return tuple(_step(draw, kind, f"step-{number}") for number, kind in enumerate(kinds))


def _step(draw: st.DrawFn, kind: str, name: str) -> Step:
    if kind == "send":
        return a_text(name, expires_after_hours=draw(st.none() | st.integers(1, 100)))
    if kind == "task":
        return a_task(name, due_in_hours=draw(st.none() | st.integers(1, 100)))
    if kind == "wait":
        return a_wait(name, days=draw(st.integers(0, 30)), hours=draw(st.integers(1, 30)))
    late = draw(st.sampled_from(["skip_next", "go_on"]))
    return a_wait_before(name, days=draw(st.integers(0, 30)), hours=draw(st.integers(0, 30)), when_late=late)


def a_journey(*some: Step) -> Journey:
    return drafted("follow-up", a_draft_on_appointment(*some), None)


def run_through(journey: Journey, begins: datetime, zone: str, now: datetime) -> list[Decision]:
    """Take a run from start to end, each step when it is due; it must come to its end."""
    decision = next_step(journey, a_run_about_appointment(begins), zone=zone, now=now)
    decisions: list[Decision] = []
    while decision is not None:
        decisions.append(decision)
        assert len(decisions) <= len(journey.steps) + 1
        due_at = decision.enrolment.due_at
        if due_at is None:
            break
        decision = next_step(journey, decision.enrolment, zone=zone, now=due_at)
    return decisions


def all_told(decisions: list[Decision]) -> list[tuple[str, object]]:
    return [(told.named, told.content) for decision in decisions for told in decision.instructions]


class TestTowardsAnAppointment:
    @given(steps(), ZONES, INSTANTS, NOTICE)
    def test_ends_whatever_its_steps_and_tells_of_each(
        self, some: tuple[Step, ...], zone: str, now: datetime, notice: timedelta
    ) -> None:
        *_, last = run_through(a_journey(*some), now + notice, zone, now)

        assert last.enrolment.state == "completed"
        assert [happening.step for happening in last.enrolment.trail] == [step.id for step in some]

    @given(steps(), ZONES, INSTANTS, NOTICE)
    def test_advancing_twice_equals_once(
        self, some: tuple[Step, ...], zone: str, now: datetime, notice: timedelta
    ) -> None:
        journey = a_journey(*some)
        for decision in run_through(journey, now + notice, zone, now):
            waiting, due_at = decision.enrolment, decision.enrolment.due_at
            if due_at is None:
                continue

            once = next_step(journey, waiting, zone=zone, now=due_at)

            assert once is not None
            assert next_step(journey, waiting, zone=zone, now=due_at) == once
            with pytest.raises(EnrolmentHasMovedOn):
                at_step(once.enrolment, waiting.step_counter)

    @given(steps(), ZONES, INSTANTS, NOTICE)
    def test_names_every_message_and_task_once_and_every_time_the_same(
        self, some: tuple[Step, ...], zone: str, now: datetime, notice: timedelta
    ) -> None:
        journey, begins = a_journey(*some), now + notice

        first, again = (
            [named for named, content in all_told(run_through(journey, begins, zone, now)) if _asks(content)]
            for _ in range(2)
        )

        assert first == again
        assert len(set(first)) == len(first)

    @given(steps(), ZONES, INSTANTS, NOTICE)
    def test_asks_for_nothing_to_arrive_when_the_appointment_has_begun(
        self, some: tuple[Step, ...], zone: str, now: datetime, notice: timedelta
    ) -> None:
        begins, before = now + notice, now
        for decision in run_through(a_journey(*some), begins, zone, now):
            for told in decision.instructions:
                if isinstance(told.content, SendMessage) and before < begins:
                    assert told.content.expires_at is not None
                    assert told.content.expires_at <= begins
            before = decision.enrolment.due_at or before

    @given(steps(), ZONES, INSTANTS, NOTICE, st.timedeltas(timedelta(), timedelta(days=60)))
    def test_sends_nothing_once_it_has_begun_however_late_a_wait_wakes(
        self, some: tuple[Step, ...], zone: str, now: datetime, notice: timedelta, late: timedelta
    ) -> None:
        journey, begins = a_journey(*some), now + notice
        decision = next_step(journey, a_run_about_appointment(begins), zone=zone, now=now)
        while decision is not None:
            asked = [told.content for told in decision.instructions if isinstance(told.content, SendMessage)]
            assert not asked or now < begins
            assert all(one.expires_at is not None and one.expires_at <= begins for one in asked)
            if decision.enrolment.due_at is None:
                break
            now = decision.enrolment.due_at + late
            decision = next_step(journey, decision.enrolment, zone=zone, now=now)

        assert decision is not None
        assert decision.enrolment.state == "completed"

    @given(ZONES, INSTANTS, NOTICE, st.integers(0, 60), st.integers(0, 60))
    def test_is_never_waited_for_longer_than_asked(
        self, zone: str, now: datetime, notice: timedelta, days: int, hours: int
    ) -> None:
        begins = now + notice
        journey = a_journey(a_wait_before(days=days, hours=hours), a_text())

        decision = run_through(journey, begins, zone, now)[0]

        due_at = decision.enrolment.due_at
        if due_at is None:
            assert begins - timedelta(days=days, hours=hours) <= now + timedelta(hours=1)
        else:
            assert abs(begins - due_at - timedelta(days=days, hours=hours)) <= timedelta(hours=1)


def _asks(content: object) -> bool:
    return isinstance(content, SendMessage | CreateTask)


class TestWaitBefore:
    @staticmethod
    def ends(wait: WaitBeforeStep, appointment: str, booked: str = "2026-01-02 10:00") -> str:
        """Say when the wait for an appointment is over, all times on the wall in London."""
        begins, now = (
            datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(LONDON)).astimezone(UTC)
            for text in (appointment, booked)
        )
        decision = next_step(a_journey(wait, a_text()), a_run_about_appointment(begins), zone=LONDON, now=now)
        due = decision.enrolment.due_at if decision else None
        return due.astimezone(ZoneInfo(LONDON)).strftime("%Y-%m-%d %H:%M %z") if due else "at once"

    def test_keeps_the_time_on_the_wall_over_both_changes_of_the_clocks(self) -> None:
        assert self.ends(a_wait_before(days=1), "2026-03-29 09:20") == "2026-03-28 09:20 +0000"
        assert self.ends(a_wait_before(days=1), "2026-10-25 09:20") == "2026-10-24 09:20 +0100"
        assert self.ends(a_wait_before(days=7), "2026-04-03 18:00") == "2026-03-27 18:00 +0000"

    def test_ends_when_the_clocks_have_skipped_its_time(self) -> None:
        assert self.ends(a_wait_before(days=1), "2026-03-30 01:30") == "2026-03-29 02:00 +0100"

    def test_ends_at_the_first_of_two_equal_times(self) -> None:
        assert self.ends(a_wait_before(days=1), "2026-10-26 01:30") == "2026-10-25 01:30 +0100"

    def test_counts_hours_by_the_watch(self) -> None:
        assert self.ends(a_wait_before(hours=24), "2026-03-29 09:20") == "2026-03-28 08:20 +0000"
        assert self.ends(a_wait_before(days=1, minutes=30), "2026-03-29 09:20") == "2026-03-28 08:50 +0000"

    def test_is_not_late_when_its_moment_is_now(self) -> None:
        now = MONDAY
        run = a_run_about_appointment(now + timedelta(hours=2))

        decision = next_step(a_journey(a_wait_before(hours=2), a_text()), run, zone=LONDON, now=now)

        assert decision is not None
        assert [happening.what for happening in decision.enrolment.trail] == ["waited", "message_requested"]

    @pytest.mark.parametrize(
        ("when_late", "came_of_it"),
        [
            ("skip_next", ["too_late", "left_out", "task_requested"]),
            ("go_on", ["too_late", "message_requested", "task_requested"]),
        ],
    )
    def test_that_is_too_late_leaves_the_next_step_out_or_takes_it_at_once(
        self, when_late: str, came_of_it: list[str]
    ) -> None:
        journey = a_journey(a_wait_before(days=1, when_late=when_late), a_text(), a_task())
        run = a_run_about_appointment(MONDAY + timedelta(hours=3))

        decision = next_step(journey, run, zone=LONDON, now=MONDAY)

        assert decision is not None
        assert decision.enrolment.state == "completed"
        assert [happening.what for happening in decision.enrolment.trail] == came_of_it

    def test_that_is_too_late_as_the_last_step_leaves_nothing_out(self) -> None:
        run = a_run_about_appointment(MONDAY + timedelta(hours=3))

        decision = next_step(a_journey(a_text(), a_wait_before(days=1)), run, zone=LONDON, now=MONDAY)

        assert decision is not None
        assert decision.enrolment.state == "completed"


class TestBoundToAppointment:
    @given(steps(), ZONES, INSTANTS, NOTICE, NOTICE)
    def test_a_moved_one_is_waited_for_by_its_new_time(
        self, some: tuple[Step, ...], zone: str, now: datetime, notice: timedelta, later: timedelta
    ) -> None:
        journey = a_journey(*some)
        begins = now + notice + later
        for decision in run_through(journey, now + notice, zone, now):
            waiting, due_at = decision.enrolment, decision.enrolment.due_at
            if due_at is None:
                continue
            appointment = AppointmentNow("booked", begins)

            moved = next_step_before(journey, waiting, appointment, zone=zone, now=due_at)

            assert moved is not None
            assert moved.enrolment.step_counter == waiting.step_counter + 1
            assert moved.enrolment.subject_at == begins
            assert all(
                told.content.values.value["appointment_at"].startswith(_shown(begins, zone))
                for told in moved.instructions
                if isinstance(told.content, SendMessage)
            )

    def test_one_that_stands_changes_nothing(self) -> None:
        begins = MONDAY + timedelta(days=9)
        run = a_run_about_appointment(begins)

        assert moved_to(run, a_journey(a_wait_before(days=1)), begins) is run
        assert moved_to(run, a_journey(a_wait_before(days=1)), None) is run


def _shown(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


class TestWhatIsKept:
    def test_of_runs_and_journeys_before_is_read_as_it_was(self) -> None:
        run = (
            b'{"id": "enrolment~a~Observation~b", "journey_id": "a", "journey_version": 1,'
            b'"patient_id": "ada",'
            b'"subject": {"type": "Observation", "id": "b"}, "started_at": "2026-03-02T09:00:00Z",'
            b'"cause": {"trigger_id": "hba1c", "firing_id": "firing~hba1c", "occurrence": 2}}'
        )

        read = from_json(run, Enrolment)

        assert (read.cause, read.subject_at) == (Cause("hba1c", "firing~hba1c", 2), None)
        assert from_json(to_json(read), Enrolment) == read

    def test_of_a_run_about_an_appointment_comes_back_as_it_was(self) -> None:
        run = a_run_about_appointment(MONDAY)

        assert from_json(to_json(run), Enrolment) == run

    def test_of_a_journey_comes_back_as_it_was(self) -> None:
        journey = a_journey(a_text(), a_wait_before(days=1), a_task())

        back = from_json(to_json(journey), Journey)

        assert back == journey
        assert [type(step) for step in back.steps] == [SendMessageStep, WaitBeforeStep, type(a_task())]
