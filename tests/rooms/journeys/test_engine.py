from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.journeys.engine import Decision, advance, at_step, ended, next_step
from shared.journeys.entry import Entries
from shared.journeys.model import (
    AdvanceEnrolment,
    Enrolment,
    EnrolmentHasMovedOn,
    Journey,
    SendMessageStep,
    Step,
    Subject,
    WaitStep,
)
from shared.kernel.refusals import NotYetVisible
from shared.messaging.model import SendMessage
from tests.rooms.journeys.builders import ADA, MONDAY, a_journey, a_text, a_wait, an_email, an_enrolment

STOCKHOLM = "Europe/Stockholm"
ZONES = st.sampled_from([STOCKHOLM, "America/Sao_Paulo", "UTC", "Australia/Lord_Howe", "America/St_Johns"])
INSTANTS = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2028, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    timezones=st.just(UTC),
)


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    kinds = draw(st.lists(st.sampled_from(["send", "wait", "until"]), min_size=1, max_size=8))
    return tuple(_step(draw, kind, f"step-{number}") for number, kind in enumerate(kinds))


def _step(draw: st.DrawFn, kind: str, name: str) -> Step:
    if kind == "send":
        return a_text(name)
    if kind == "until":
        return a_wait(name, until=draw(st.times()))
    return a_wait(name, days=draw(st.integers(0, 30)), hours=draw(st.integers(1, 30)))


def messages_of(decision: Decision | None) -> list[SendMessage]:
    told = decision.instructions if decision else ()
    return [each.content for each in told if isinstance(each.content, SendMessage)]


def advanced(
    journey: Journey, enrolment: Enrolment, due: AdvanceEnrolment, zone: str, now: datetime
) -> Decision:
    """Hear that a step is due, as the act does: fence, then engine."""
    at_step(enrolment, due.step_counter)
    return next_step(journey, enrolment, zone=zone, now=now) or Decision(enrolment)


def run_through(journey: Journey, zone: str, now: datetime) -> list[Decision]:
    """Take an enrolment from start to end, each step when it is due; it must come to its end."""
    decision = next_step(journey, an_enrolment(), zone=zone, now=now)
    decisions: list[Decision] = []
    while decision is not None:
        decisions.append(decision)
        assert len(decisions) <= len(journey.steps) + 1
        enrolment = decision.enrolment
        if enrolment.due_at is None:
            break
        decision = next_step(journey, enrolment, zone=zone, now=enrolment.due_at)
    return decisions


class TestNextStep:
    def test_goes_on_until_it_must_wait_and_says_when_to_come_back(self) -> None:
        decision = next_step(a_journey(), an_enrolment(), zone="UTC", now=MONDAY)

        assert decision is not None
        assert [message.template_id for message in messages_of(decision)] == ["hba1c-talk-sms"]
        last = decision.instructions[-1]
        assert last.content == AdvanceEnrolment(ADA, an_enrolment().id, 1)
        assert last.due_at == decision.enrolment.due_at == MONDAY + timedelta(days=3)

    def test_completes_after_the_last_step(self) -> None:
        *_, last = run_through(a_journey(), "UTC", MONDAY)

        assert (last.enrolment.state, last.enrolment.ended_at) == ("completed", MONDAY + timedelta(days=3))
        assert [happening.step for happening in last.enrolment.trail] == ["ask", "wait", "remind"]

    def test_asks_for_messages_that_expire(self) -> None:
        journey = a_journey(a_text(expires_after_hours=72, values={"phone": "+46 8 555 01 00"}))

        (message,) = messages_of(next_step(journey, an_enrolment(), zone="UTC", now=MONDAY))

        assert message.expires_at == MONDAY + timedelta(hours=72)
        assert message.values.value == {"phone": "+46 8 555 01 00"}

    @pytest.mark.parametrize(
        ("subject", "about"),
        [
            (Subject("Observation", "march"), "Observation/march"),
            (Subject("Appointment", "eye-check"), "Appointment/eye-check"),
            (Subject("segment", "over-sixty~1"), None),
            (Subject("event", "event~1"), None),
        ],
    )
    def test_asks_for_messages_that_say_what_in_the_record_led_to_them(
        self, subject: Subject, about: str | None
    ) -> None:
        decision = next_step(a_journey(), an_enrolment(subject=subject), zone="UTC", now=MONDAY)

        assert [message.about for message in messages_of(decision)] == [about]

    def test_does_nothing_before_its_time_but_forgives_clocks_that_differ_a_little(self) -> None:
        journey = a_journey()
        waiting = run_through(journey, "UTC", MONDAY)[0].enrolment
        due = MONDAY + timedelta(days=3)

        assert next_step(journey, waiting, zone="UTC", now=due - timedelta(minutes=1)) is None
        assert next_step(journey, waiting, zone="UTC", now=due - timedelta(seconds=1)) is not None

    @given(steps(), ZONES, INSTANTS)
    def test_ends_whatever_its_steps(self, some: tuple[Step, ...], zone: str, now: datetime) -> None:
        *_, last = run_through(a_journey(*some), zone, now)

        assert last.enrolment.state == "completed"
        assert len(last.enrolment.trail) == len(some)

    @given(steps(), ZONES, INSTANTS)
    def test_advancing_twice_equals_once(self, some: tuple[Step, ...], zone: str, now: datetime) -> None:
        journey = a_journey(*some)
        for decision in run_through(journey, zone, now):
            enrolment, due_at = decision.enrolment, decision.enrolment.due_at
            if due_at is None:
                continue
            due = AdvanceEnrolment(ADA, enrolment.id, enrolment.step_counter)

            once = advanced(journey, enrolment, due, zone, due_at)

            with pytest.raises(EnrolmentHasMovedOn):
                advanced(journey, once.enrolment, due, zone, due_at)
            assert advanced(journey, enrolment, due, zone, due_at) == once

    @given(steps(), ZONES, INSTANTS, st.integers(-3, 3).filter(bool))
    def test_a_fenced_step_never_sends(
        self, some: tuple[Step, ...], zone: str, now: datetime, off_by: int
    ) -> None:
        journey = a_journey(*some)
        for decision in run_through(journey, zone, now):
            enrolment = decision.enrolment
            due = AdvanceEnrolment(ADA, enrolment.id, enrolment.step_counter + off_by)

            with pytest.raises(NotYetVisible if off_by > 0 else EnrolmentHasMovedOn):
                advanced(journey, enrolment, due, zone, now + timedelta(days=400))

    @given(steps(), ZONES, INSTANTS)
    def test_names_every_message_once_and_every_time_the_same(
        self, some: tuple[Step, ...], zone: str, now: datetime
    ) -> None:
        journey = a_journey(*some)

        first, again = (
            [
                message.message_id
                for decision in run_through(journey, zone, at)
                for message in messages_of(decision)
            ]
            for at in (now, now + timedelta(minutes=5))
        )

        assert first == again
        assert len(set(first)) == len(first) == sum(isinstance(step, SendMessageStep) for step in some)

    def test_names_messages_of_other_people_and_other_runs_otherwise(self) -> None:
        journey = a_journey(a_text())
        enrolments = [
            an_enrolment(),
            an_enrolment(patient_id="bob"),
            an_enrolment(id="enrolment~follow-up~Observation~april"),
        ]

        ids = Counter(
            message.message_id
            for enrolment in enrolments
            for message in messages_of(next_step(journey, enrolment, zone="UTC", now=MONDAY))
        )

        assert len(ids) == len(enrolments)


class TestAtStep:
    def test_lets_an_ended_enrolment_go_nowhere(self) -> None:
        waiting = run_through(a_journey(), "UTC", MONDAY)[0].enrolment

        with pytest.raises(EnrolmentHasMovedOn):
            at_step(ended(waiting, "ended_by_staff", MONDAY), waiting.step_counter)


class TestEnded:
    def test_leaves_the_step_counter_and_waits_for_nothing(self) -> None:
        waiting = run_through(a_journey(), "UTC", MONDAY)[0].enrolment

        stopped = ended(waiting, "result_withdrawn", MONDAY)

        assert (stopped.state, stopped.due_at, stopped.step_counter) == ("ended", None, waiting.step_counter)


class TestAdvance:
    def test_is_the_same_announcement_for_the_same_step(self) -> None:
        one = an_enrolment(step_counter=1)

        assert advance(one).named == advance(an_enrolment(step_counter=1)).named
        assert advance(one).named != advance(an_enrolment(step_counter=2)).named
        assert advance(one).named != advance(an_enrolment(step_counter=1, patient_id="bob")).named


class TestWait:
    @staticmethod
    def ends(wait: WaitStep, at: str, zone: str = STOCKHOLM) -> str:
        """Say when a wait that begins at a time on the wall is over, on the same wall."""
        begins = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        decision = next_step(a_journey(wait, an_email()), an_enrolment(), zone=zone, now=begins)
        due = decision.enrolment.due_at if decision else None
        return due.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %z") if due else "at once"

    def test_keeps_the_time_on_the_wall_over_both_changes_of_the_clocks(self) -> None:
        assert self.ends(a_wait(days=3), "2026-03-27 10:00") == "2026-03-30 10:00 +0200"
        assert self.ends(a_wait(days=3), "2026-10-23 10:00") == "2026-10-26 10:00 +0100"

    def test_ends_when_the_clocks_have_skipped_its_time(self) -> None:
        assert self.ends(a_wait(days=1), "2026-03-28 02:30") == "2026-03-29 03:00 +0200"

    def test_ends_at_the_first_of_two_equal_times(self) -> None:
        assert self.ends(a_wait(days=1), "2026-10-24 02:30") == "2026-10-25 02:30 +0200"

    def test_counts_hours_by_the_watch(self) -> None:
        assert self.ends(a_wait(hours=24), "2026-03-28 10:00") == "2026-03-29 11:00 +0200"

    def test_lasts_until_a_time_of_day(self) -> None:
        assert self.ends(a_wait(until=time(9)), "2026-03-02 09:01") == "2026-03-03 09:00 +0100"
        assert self.ends(a_wait(until=time(9)), "2026-03-02 08:59") == "2026-03-02 09:00 +0100"
        assert self.ends(a_wait(until=time(9)), "2026-03-02 09:00") == "at once"
        assert self.ends(a_wait(until=time(2, 30)), "2026-03-28 12:00") == "2026-03-29 03:00 +0200"

    @given(INSTANTS, ZONES, st.integers(1, 90))
    def test_is_never_off_by_more_than_the_clocks_are(self, now: datetime, zone: str, days: int) -> None:
        decision = next_step(a_journey(a_wait(days=days), an_email()), an_enrolment(), zone=zone, now=now)

        due = decision.enrolment.due_at if decision else None
        assert due is not None
        assert abs(due - now - timedelta(days=days)) <= timedelta(hours=1)


class TestEntries:
    @given(st.lists(INSTANTS, max_size=5), INSTANTS, st.integers(1, 365))
    def test_refuse_exactly_while_fewer_days_lie_between(
        self, starts: list[datetime], at: datetime, days: int
    ) -> None:
        entries = Entries("follow-up")
        for number, start in enumerate(starts):
            entries = entries.with_start(f"enrolment~{number}", start)

        too_close = [start for start in starts if abs(at - start) < timedelta(days=days)]

        assert entries.allow(at, days) is not bool(too_close)

    def test_never_allow_again_where_nobody_may_come_twice(self) -> None:
        entries = Entries("follow-up")

        assert entries.allow(MONDAY, None)
        assert not entries.with_start("enrolment~1", MONDAY).allow(MONDAY + timedelta(days=36500), None)

    def test_forget_a_start_that_rested_on_nothing(self) -> None:
        entries = Entries("follow-up").with_start("enrolment~1", MONDAY)

        assert not entries.allow(MONDAY, 90)
        assert entries.without("enrolment~1").allow(MONDAY, 90)
