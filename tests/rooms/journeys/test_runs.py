"""Where is this patient in this journey, and what is next? On the embedded adapters, act by act."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.audit.model import RecordAudit
from shared.journeys.documents import enrolment_id
from shared.journeys.end_enrolment import EndingAsked
from shared.journeys.list_journeys import ListJourneys, WhichJourneys
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import (
    AdvanceEnrolment,
    EnrolmentHasMovedOn,
    JourneyChangedMeanwhile,
    JourneyIsThere,
    NoSuchEnrolment,
    NoSuchJourney,
    SendMessageStep,
    Step,
)
from shared.journeys.put_journey import JourneyHasBegun, JourneyIsOver
from shared.journeys.read_journey import ReadJourney
from shared.kernel.documents import LONGEST_ID
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense, NotYetVisible, Throttled
from shared.messaging.model import Channel
from shared.triggers.firings import Firing
from tests.rooms.journeys.builders import ADA, MONDAY, a_draft, a_text, a_wait, an_email
from tests.rooms.journeys.clinic import MAKER, Clinic, a_clinic
from tests.rooms.triggers.interrupted import Interrupted

BOB = PatientId("bob")
NEEDS_A_ZONE = (a_text(), a_wait(days=3), a_wait("again", days=3), an_email())
"""After the first wait comes another, whose days are counted in a zone."""


@pytest.fixture
def clinic(tmp_path: Path) -> Generator[Clinic]:
    with a_clinic(tmp_path) as clinic:
        yield clinic


class TestStartJourneys:
    def test_enrols_and_takes_the_first_steps_in_one_commit(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())

        clinic.starts()

        (run,) = clinic.runs()
        assert (run.state, run.next_step, run.due_at) == ("active", "remind", clinic.now + timedelta(days=3))
        assert [message["template_id"] for message in clinic.told("SendMessage")] == ["hba1c-talk-sms"]
        assert clinic.told("AdvanceEnrolment") == [
            {"patient_id": "ada", "enrolment_id": "enrolment~follow-up~Observation~march", "step_counter": 1}
        ]

    def test_starts_once_however_often_it_is_told(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=0))
        fired = clinic.starts()

        clinic.start(fired, now=clinic.now)
        clinic.start(fired, now=clinic.now + timedelta(days=365))

        assert len(clinic.runs()) == len(clinic.told("SendMessage")) == 1

    def test_starts_every_live_journey_on_that_trigger_and_no_other(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(), named="one")
        clinic.has_journey(a_draft(), named="two")
        clinic.has_journey(a_draft(state="draft"), named="planned")
        clinic.has_journey(a_draft(state="paused"), named="paused")
        clinic.has_journey(a_draft(starts_on="other", state="draft"), named="other")

        clinic.starts()

        assert {run.journey_id for run in clinic.runs()} == {"one", "two"}

    def test_starts_nothing_for_a_firing_withdrawn_meanwhile(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        fired = clinic.fires()
        clinic.withdraws()

        clinic.start(fired, now=clinic.now)

        assert clinic.runs() == []
        assert clinic.told("SendMessage") == []

    def test_loses_the_race_against_a_withdrawal_in_that_very_moment(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        fired = clinic.fires()
        start = clinic.start_during_whose_read(clinic.withdraws)

        with pytest.raises(LostRace):
            start(fired, now=clinic.now)
        start(fired, now=clinic.now)

        assert clinic.runs() == []

    def test_is_not_lost_when_another_start_is_quicker(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=0))
        fired = clinic.fires("march")
        start = clinic.start_before_whose_commit(lambda: clinic.starts("april"))

        with pytest.raises(LostRace):
            start(fired, now=clinic.now)
        start(fired, now=clinic.now)

        assert {run.subject.id: run.state for run in clinic.runs()} == {"march": "active", "april": "active"}

    def test_waits_for_a_firing_that_is_not_visible_yet(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        fired = clinic.fires(of=BOB)
        nobodys = replace(fired, patient_id=ADA)

        with pytest.raises(NotYetVisible):
            clinic.start(nobodys, now=clinic.now)

    def test_refuses_to_start_again_too_soon_and_says_so(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=90))
        clinic.starts("january")
        clinic.goes_on_for(days=89)

        clinic.starts("april")

        april, january = clinic.runs()
        assert (april.state, april.reason, april.trail) == ("ended", "repeat_entry_blocked", ())
        assert january.state == "active"

    def test_counts_from_the_last_start_and_not_from_what_was_refused(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=90))
        clinic.starts("january")
        clinic.goes_on_for(days=89)
        clinic.starts("too-soon")
        clinic.goes_on_for(days=1)

        clinic.starts("april")

        reasons = {run.subject.id: run.reason for run in clinic.runs()}
        assert reasons == {"january": None, "too-soon": "repeat_entry_blocked", "april": None}

    def test_keeps_patients_apart(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())

        clinic.starts("march", of=ADA)
        clinic.starts("march", of=BOB)

        assert len(clinic.runs(ADA)) == len(clinic.runs(BOB)) == 1
        assert len({message["message_id"] for message in clinic.told("SendMessage")}) == 2


class TestAdvanceJourney:
    def test_sends_what_comes_after_the_wait_and_completes(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        clinic.goes_on_for(days=3)

        clinic.advance(clinic.due(), now=clinic.now)

        (run,) = clinic.runs()
        assert (run.state, run.next_step, run.due_at) == ("completed", None, None)
        assert [each["template_id"] for each in clinic.told("SendMessage")] == [
            "hba1c-talk-sms",
            "hba1c-talk-email",
        ]

    def test_told_twice_lets_go(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        clinic.goes_on_for(days=3)
        clinic.advance(clinic.due(), now=clinic.now)

        with pytest.raises(EnrolmentHasMovedOn):
            clinic.advance(clinic.due(), now=clinic.now)

        assert len(clinic.told("SendMessage")) == 2

    def test_told_too_early_does_nothing(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        clinic.goes_on_for(days=2)

        clinic.advance(clinic.due(), now=clinic.now)

        assert clinic.runs()[0].next_step == "remind"

    def test_told_of_what_is_not_visible_yet_waits(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()

        with pytest.raises(NotYetVisible):
            clinic.advance(clinic.due(step_counter=2), now=clinic.now)
        with pytest.raises(NotYetVisible):
            clinic.advance(clinic.due("never-was"), now=clinic.now)

    def test_shows_whom_a_bug_keeps_from_going_on_until_it_is_mended(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(*NEEDS_A_ZONE))
        clinic.starts()
        clinic.goes_on_for(days=3)

        fails(clinic)
        fails(clinic, after=timedelta(minutes=10))
        assert (clinic.runs()[0].state, clinic.runs()[0].failing_since) == ("active", clinic.now)

        clinic.advance(clinic.due(), now=clinic.now)
        assert (clinic.runs()[0].next_step, clinic.runs()[0].failing_since) == ("remind", None)

    def test_does_not_mark_whom_only_the_moment_keeps_from_going_on(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        clinic.goes_on_for(days=3)
        documents: Any = Interrupted(clinic.house.documents, "read", throttled)
        live = LiveJourneys(documents, clinic.house.clock)

        with pytest.raises(Throttled):
            replace(clinic.advance, live=live)(clinic.due(), now=clinic.now)

        assert clinic.runs()[0].failing_since is None

    def test_leaves_people_where_they_are_while_the_journey_is_paused(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        clinic.goes_on_for(days=3)
        clinic.has_journey(a_draft(state="paused"))

        clinic.advance(clinic.due(), now=clinic.now)
        assert clinic.runs()[0].state == "active"

        clinic.has_journey(a_draft())
        clinic.advance(clinic.due(), now=clinic.now)
        assert clinic.runs()[0].state == "completed"

    def test_ends_people_whose_journey_was_stopped(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        clinic.goes_on_for(days=3)
        clinic.has_journey(a_draft(state="stopped"))

        clinic.advance(clinic.due(), now=clinic.now)

        assert (clinic.runs()[0].state, clinic.runs()[0].reason) == ("ended", "journey_stopped")
        assert len(clinic.told("SendMessage")) == 1

    @settings(max_examples=20, deadline=None)  # each example opens a store of its own
    @given(st.integers(0, 3), st.integers(0, 3))
    def test_finishes_the_version_that_was_begun(self, former: int, later: int) -> None:
        with TemporaryDirectory() as folder, a_clinic(Path(folder)) as clinic:
            begun = _alternating("old", former)
            clinic.has_journey(a_draft(*begun))
            clinic.starts()

            clinic.has_journey(a_draft(*_alternating("new", later)))
            for step_counter in range(1, former + 1):
                clinic.goes_on_for(days=1)
                clinic.advance(clinic.due(step_counter=step_counter), now=clinic.now)

            (run,) = clinic.runs()
            assert (run.journey_version, run.state) == (1, "completed")
            assert [happening.step for happening in run.trail] == [step.id for step in begun]


def _alternating(name: str, waits: int) -> Sequence[Step]:
    """Give a message, then so many times a day's wait and a message."""
    pairs = [(a_wait(f"{name}-wait-{n}", days=1), an_email(f"{name}-mail-{n}")) for n in range(waits)]
    return [a_text(f"{name}-text"), *(step for pair in pairs for step in pair)]


class TestStopJourneys:
    def test_ends_what_the_withdrawn_result_had_started(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()

        clinic.stop(clinic.withdraws(), now=clinic.now)

        (run,) = clinic.runs()
        assert (run.state, run.reason, run.due_at) == ("ended", "result_withdrawn", None)
        with pytest.raises(EnrolmentHasMovedOn):
            clinic.advance(clinic.due(), now=clinic.now + timedelta(days=3))

    def test_leaves_runs_about_other_results_alone(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=0))
        clinic.starts("march")
        clinic.starts("april")

        clinic.stop(clinic.withdraws("march"), now=clinic.now)

        assert {run.subject.id: run.state for run in clinic.runs()} == {"march": "ended", "april": "active"}

    def test_lets_a_true_result_start_again_at_once(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=90))
        clinic.starts("false")
        clinic.stop(clinic.withdraws("false"), now=clinic.now)

        clinic.starts("true")

        assert {run.subject.id: run.state for run in clinic.runs()} == {"false": "ended", "true": "active"}

    def test_told_late_leaves_the_run_of_a_result_corrected_back(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=90))
        clinic.starts()
        withdrawn = clinic.withdraws()
        clinic.stop(withdrawn, now=clinic.now)
        clinic.starts()

        clinic.stop(withdrawn, now=clinic.now)

        assert [run.state for run in clinic.runs()] == ["ended", "active"]

    def test_told_late_leaves_the_runs_of_all_changes_since(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=0))
        clinic.starts(stands_from=1)
        withdrawn = clinic.withdraws()
        clinic.starts(stands_from=2)
        clinic.starts(stands_from=2)

        clinic.stop(withdrawn, now=clinic.now)

        assert [run.state for run in clinic.runs()] == ["ended", "active", "active"]

    def test_ends_the_runs_of_all_changes_that_are_taken_back(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(reentry_days=0))
        clinic.starts(stands_from=1)
        clinic.starts(stands_from=1)

        clinic.stop(clinic.withdraws(), now=clinic.now)

        assert [run.state for run in clinic.runs()] == ["ended", "ended"]

    def test_leaves_what_was_completed_as_it_was(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(a_text()))
        clinic.starts()

        clinic.stop(clinic.withdraws(), now=clinic.now)

        assert (clinic.runs()[0].state, clinic.runs()[0].reason) == ("completed", None)


class TestQueueDueEnrolments:
    def test_finds_what_is_overdue_by_more_than_two_minutes(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        clinic.goes_on_for(days=3, minutes=1)
        assert clinic.sweep(now=clinic.now) == 0

        clinic.goes_on_for(minutes=1)
        assert clinic.sweep(now=clinic.now) == 1

        (announcement,) = clinic.heard.announcements
        assert announcement.content == clinic.due()
        assert announcement.due_at is None

    def test_queues_what_an_advance_can_take_on(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        clinic.goes_on_for(days=3, minutes=3)
        clinic.sweep(now=clinic.now)

        for announcement in clinic.heard.announcements:
            assert isinstance(announcement.content, AdvanceEnrolment)
            clinic.advance(announcement.content, now=clinic.now)

        assert clinic.runs()[0].state == "completed"
        assert clinic.sweep(now=clinic.now) == 0

    def test_leaves_ended_runs_and_paused_journeys_in_peace(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts("march", of=ADA)
        clinic.starts("march", of=BOB)
        clinic.stop(clinic.withdraws("march", of=BOB), now=clinic.now)
        clinic.goes_on_for(days=4)
        clinic.has_journey(a_draft(state="paused"))

        assert clinic.sweep(now=clinic.now) == 0

    def test_pages_through_all_of_them(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        for number in range(103):
            clinic.starts("march", of=PatientId(f"patient-{number}"))
        clinic.goes_on_for(days=4)

        assert clinic.sweep(now=clinic.now) == 103

    def test_comes_back_ever_more_rarely_to_one_that_fails_and_leaves_it_after_three_days(
        self, clinic: Clinic
    ) -> None:
        clinic.has_journey(a_draft(*NEEDS_A_ZONE))
        clinic.starts()
        clinic.goes_on_for(days=3)
        fails(clinic)

        for number in range(1, 13):
            assert is_queued_after(clinic, minutes=2**number - 1) is False
            assert is_queued_after(clinic, minutes=2**number) is True
            for again in range(3):  # as one message is delivered again and again
                fails(clinic, after=timedelta(minutes=2**number, seconds=again))

        assert is_queued_after(clinic, minutes=2**13) is False
        assert is_queued_after(clinic, minutes=2**20) is False

    def test_finds_those_behind_the_ones_that_fail(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft(*NEEDS_A_ZONE))
        people = [PatientId(f"patient-{number}") for number in range(103)]
        for patient in people:
            clinic.starts("march", of=patient)
        clinic.goes_on_for(minutes=1)
        clinic.starts("march", of=BOB)
        clinic.goes_on_for(days=3, minutes=2)
        for patient in people:
            fails(clinic, of=patient)

        clinic.sweep(now=clinic.now)

        assert [told.content for told in clinic.heard.announcements] == [
            replace(clinic.due(), patient_id=BOB)
        ]

    def test_never_leaves_one_that_did_not_fail_however_long_it_is_overdue(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        clinic.has_journey(a_draft(state="paused"))
        clinic.goes_on_for(days=100)
        clinic.has_journey(a_draft())

        assert [clinic.sweep(now=clinic.now + timedelta(minutes=n)) for n in range(3)] == [1, 1, 1]


def fails(clinic: Clinic, *, after: timedelta = timedelta(), of: PatientId = ADA) -> None:
    """Let a bug keep the enrolment from going on: nobody knows the zone in which it counts its days."""
    broken = replace(clinic.advance, zone="No/Where")
    with pytest.raises(ZoneInfoNotFoundError):
        broken(replace(clinic.due(), patient_id=of), now=clinic.now + after)


def throttled() -> None:
    raise Throttled


def is_queued_after(clinic: Clinic, *, minutes: int) -> bool:
    return clinic.sweep(now=clinic.now + timedelta(minutes=minutes)) > 0


class TestEndEnrolment:
    def test_ends_it_where_it_stands_and_keeps_the_reason_in_the_audit(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()
        asked = EndingAsked("She called and has an appointment.")

        shown = clinic.end(
            asked,
            patient_id=ADA,
            enrolment_id=clinic.due().enrolment_id,
            caller=MAKER,
            now=clinic.now,
            if_match=clinic.runs()[0].etag,
        )

        assert (shown.state, shown.reason, shown.next_step) == ("ended", "ended_by_staff", None)
        entry = clinic.told(RecordAudit.__name__)[-1]
        assert (entry["what"], entry["why"], entry["patient_id"]) == ("end_enrolment", asked.why, "ada")

    @pytest.mark.parametrize("named", ["enrolment~never-was", "firing~hba1c~Observation~march"])
    def test_refuses_what_is_no_enrolment(self, clinic: Clinic, named: str) -> None:
        clinic.has_journey(a_draft())
        clinic.starts()

        with pytest.raises(NoSuchEnrolment):
            clinic.end(
                EndingAsked("why"),
                patient_id=ADA,
                enrolment_id=named,
                caller=MAKER,
                now=clinic.now,
                if_match=None,
            )


class TestPutJourney:
    def test_counts_a_version_only_when_something_changes_for_those_who_enter(self, clinic: Clinic) -> None:
        versions = [
            clinic.has_journey(draft).journey.version
            for draft in (
                a_draft(),
                a_draft(name="Another name", state="paused"),
                a_draft(a_text()),
                a_draft(a_text(), reentry_days=30),
            )
        ]

        assert versions == [1, 1, 2, 3]

    def test_names_all_that_is_wrong(self, clinic: Clinic) -> None:
        draft = a_draft(
            a_wait(days=91), a_wait("nothing"), a_text("twice"), a_text("twice"), name=" ", reentry_days=-1
        )

        with pytest.raises(Nonsense) as refused:
            clinic.has_journey(draft, named="Not An Id")

        assert [path for path, _ in refused.value.fields] == [
            "journey_id",
            "name",
            "reentry_days",
            "steps.0.days",
            "steps.1.days",
            "steps.2.id",
            "steps.3.id",
        ]

    def test_refuses_to_be_live_without_what_it_speaks_of(self, clinic: Clinic) -> None:
        strange = SendMessageStep("send_message", "strange", Channel.SMS, "no-such-template")
        no_letter = SendMessageStep("send_message", "no-letter", Channel.LETTER, "hba1c-talk-sms")
        steps = (strange, no_letter)

        with pytest.raises(Nonsense) as refused:
            clinic.has_journey(a_draft(*steps, starts_on="no-such-trigger"))
        kept = clinic.has_journey(a_draft(*steps, starts_on="no-such-trigger", state="draft"))

        fields = [path for path, _ in refused.value.fields]
        assert fields == ["starts_on", "steps.0.template_id", "steps.1.channel"]
        assert kept.journey.state == "draft"

    def test_refuses_a_stale_etag(self, clinic: Clinic) -> None:
        kept = clinic.has_journey(a_draft())
        clinic.has_journey(a_draft(a_text()), if_match=kept.etag)

        with pytest.raises(JourneyChangedMeanwhile):
            clinic.has_journey(a_draft(), if_match=kept.etag)

    def test_overwrites_nobody_who_was_not_seen(self, clinic: Clinic) -> None:
        kept = clinic.has_journey(a_draft())

        with pytest.raises(JourneyIsThere):
            clinic.put_journey(
                a_draft(a_text()), journey_id="follow-up", caller=MAKER, now=clinic.now, if_match=None
            )

        assert ReadJourney(clinic.house.documents)(journey_id="follow-up") == kept

    def test_refuses_to_go_back(self, clinic: Clinic) -> None:
        clinic.has_journey(a_draft())
        with pytest.raises(JourneyHasBegun):
            clinic.has_journey(a_draft(state="draft"))

        clinic.has_journey(a_draft(state="stopped"))
        with pytest.raises(JourneyIsOver):
            clinic.has_journey(a_draft())

    def test_is_read_and_listed_as_it_now_is(self, clinic: Clinic) -> None:
        kept = clinic.has_journey(a_draft())
        clinic.has_journey(a_draft(state="draft"), named="planned")
        documents = clinic.house.documents

        assert ReadJourney(documents)(journey_id="follow-up") == kept
        live = ListJourneys(documents)(WhichJourneys(state="live"))
        assert [journey.id for journey in live.journeys] == ["follow-up"]
        assert len(ListJourneys(documents)(WhichJourneys()).journeys) == 2
        with pytest.raises(NoSuchJourney):
            ReadJourney(documents)(journey_id="no-such")


class TestEnrolmentId:
    @pytest.mark.parametrize("occurrence", [1, 2, 999])
    def test_fits_whatever_fhir_allows(self, occurrence: int) -> None:
        resource = f"MedicationAdministration/{'x' * 64}"
        firing = Firing("t" * 40, ADA, resource, "standing", occurrence, 1, MONDAY, MONDAY)

        assert len(enrolment_id("j" * 40, firing)) <= LONGEST_ID
