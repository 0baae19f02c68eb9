"""What a patient may answer, when, and what comes of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.messaging.model import BounceCategory, Cause, MessageState, Reason
from shared.surveys.answering import answers_in, filled_in, wrongs_in
from shared.surveys.definitions import drafted
from shared.surveys.model import NoSuchInvitation, Tally
from tests.rooms.surveys.builders import MORE, Clinic, a_draft

WHOLE = {"satisfaction": ["4"], "settled": ["2"], "topics": ["2", "1"], "more": ["Less\r\nmusic."]}
SURVEY = drafted("csat", a_draft(), None)


class TestAForm:
    def test_is_read_as_it_was_filled_in(self) -> None:
        assert not wrongs_in(SURVEY, WHOLE)
        assert [(one.question_id, one.given.value) for one in answers_in(SURVEY, WHOLE)] == [
            ("satisfaction", ("4",)),
            ("settled", ("In part",)),
            ("topics", ("A bill", "Booking")),
            ("more", ("Less\nmusic.",)),
        ]

    @pytest.mark.parametrize(
        ("form", "wrong"),
        [
            ({}, ("satisfaction", "missing")),
            ({"satisfaction": [""]}, ("satisfaction", "missing")),
            ({"satisfaction": ["0"]}, ("satisfaction", "not_one_of_these")),
            ({"satisfaction": ["6"]}, ("satisfaction", "not_one_of_these")),
            ({"satisfaction": ["-1"]}, ("satisfaction", "not_one_of_these")),
            ({"satisfaction": ["٤"]}, ("satisfaction", "not_one_of_these")),
            ({"satisfaction": ["4", "5"]}, ("satisfaction", "too_many")),
            ({"satisfaction": ["4"], "settled": ["4"]}, ("settled", "not_one_of_these")),
            ({"satisfaction": ["4"], "settled": ["1", "2"]}, ("settled", "too_many")),
            ({"satisfaction": ["4"], "topics": ["1", "3"]}, ("topics", "not_one_of_these")),
            ({"satisfaction": ["4"], "more": ["x" * 4001]}, ("more", "too_long")),
            ({"satisfaction": ["4"], "more": ["x", "y"]}, ("more", "too_many")),
        ],
    )
    def test_names_the_question_that_is_not_well_answered(
        self, form: dict[str, list[str]], wrong: tuple[str, str]
    ) -> None:
        assert [(one.question_id, one.problem) for one in wrongs_in(SURVEY, form)] == [wrong]

    def test_may_hold_words_up_to_the_last_character(self) -> None:
        assert not wrongs_in(SURVEY, {"satisfaction": ["4"], "more": ["å" * 4000]})

    def test_loses_what_is_no_text_and_keeps_what_is(self) -> None:
        written = "=cmd()|' /C calc'!A0\x00\x1b[2J <script>alert(1)</script>\tÅsa\ud800"

        (kept,) = filled_in(MORE, {"more": [written]})

        assert kept == "=cmd()|' /C calc'!A0[2J <script>alert(1)</script>\tÅsa"

    def test_ignores_fields_that_nobody_asked_for(self) -> None:
        assert not wrongs_in(SURVEY, {**WHOLE, "utm_source": ["a mail program"]})


class TestAnAnswer:
    def test_is_kept_counted_and_told_in_one_commit(self, clinic: Clinic) -> None:
        named = clinic.invites()
        clinic.goes_on_for(days=1)

        view = clinic.answers(named, WHOLE)

        (response,) = clinic.responses()
        (invitation,) = clinic.invitations()
        (rated,) = clinic.told("RecordSatisfaction")
        assert view.stands == "thanks"
        assert (response.satisfaction.value, response.patient_id) == (4, "ada")
        assert (invitation.state, invitation.responded_at) == ("responded", clinic.now)
        assert clinic.tally() == Tally(invited=1, ratings=(0, 0, 0, 1, 0))
        assert (rated["conversation_id"], rated["invitation_id"]) == ("c-1", named)
        assert (rated["survey_id"], rated["satisfaction"]) == ("csat", 4)

    @pytest.mark.parametrize(("rating", "tasks"), [(1, 1), (2, 1), (3, 0), (4, 0), (5, 0)])
    def test_makes_one_task_where_the_patient_was_not_content(
        self, clinic: Clinic, rating: int, tasks: int
    ) -> None:
        clinic.changes(alert_team="front-desk")
        named = clinic.invites()

        for _ in range(3):
            clinic.rates(named, rating)

        told = clinic.told("CreateTask")
        assert len(told) == tasks
        assert all((one["code"], one["team"]) == ("low-satisfaction", "front-desk") for one in told)
        assert all((one["patient_id"], one["focus"]) == ("ada", "conversation/c-1") for one in told)

    def test_counts_once_though_it_is_sent_twice(self, clinic: Clinic) -> None:
        named = clinic.invites()

        views = [clinic.rates(named, 5), clinic.rates(named, 1)]

        assert [view.stands for view in views] == ["thanks", "answered"]
        assert clinic.tally().ratings == (0, 0, 0, 0, 1)
        assert len(clinic.told("RecordSatisfaction")) == 1
        assert not clinic.told("CreateTask")

    def test_counts_once_though_it_is_sent_six_times_at_once(self, clinic: Clinic) -> None:
        named = clinic.invites()

        with ThreadPoolExecutor(6) as pool:
            views = list(pool.map(clinic.rates, [named] * 6, [1, 2, 1, 2, 1, 2]))

        assert sorted(view.stands for view in views) == ["answered"] * 5 + ["thanks"]
        assert clinic.tally().responded == len(clinic.responses()) == len(clinic.told("CreateTask")) == 1

    def test_may_come_after_a_mail_scanner_has_opened_the_link(self, clinic: Clinic) -> None:
        named = clinic.invites()
        before = clinic.everything()

        views = [clinic.opens(named) for _ in range(3)]

        assert [view.stands for view in views] == ["open"] * 3
        assert clinic.everything() == before
        assert clinic.rates(named, 5).stands == "thanks"

    def test_that_is_not_complete_comes_back_with_what_was_filled_in(self, clinic: Clinic) -> None:
        named = clinic.invites()
        before = clinic.everything()

        view = clinic.answers(named, {"settled": ["3"], "more": ["Less music."]})

        assert view.stands == "incomplete"
        assert [asked.question.id for asked in view.asked if asked.wrong] == ["satisfaction"]
        assert [asked.filled_in.value for asked in view.asked] == [(), ("3",), (), ("Less music.",)]
        assert clinic.everything() == before
        assert clinic.answers(named, WHOLE).stands == "thanks"

    def test_comes_too_late_after_the_last_day(self, clinic: Clinic) -> None:
        named = clinic.invites()
        clinic.goes_on_for(days=30, seconds=-1)
        assert clinic.opens(named).stands == "open"

        clinic.goes_on_for(seconds=1)

        assert clinic.opens(named).stands == "expired"
        assert clinic.rates(named, 1).stands == "expired"
        assert not clinic.responses()

    def test_comes_too_late_when_the_survey_is_closed(self, clinic: Clinic) -> None:
        early, late = clinic.invites("c-1"), clinic.invites("c-2")
        clinic.rates(early, 5)
        clinic.changes(state="closed")

        assert clinic.rates(late, 5).stands == "closed"
        assert clinic.rates(early, 5).stands == "answered"
        assert clinic.tally().responded == 1

    def test_needs_an_invitation(self, clinic: Clinic) -> None:
        with pytest.raises(NoSuchInvitation):
            clinic.rates("0" * 40, 5)

    def test_is_not_printed_by_accident(self, clinic: Clinic) -> None:
        clinic.answers(clinic.invites(), WHOLE)

        (response,) = clinic.responses()

        assert "Less" not in repr(response)
        assert "In part" not in repr(response)


class TestWhatSupervisorsSee:
    def test_is_the_answer_to_one_conversation(self, clinic: Clinic) -> None:
        clinic.answers(clinic.invites("c-1"), WHOLE)
        clinic.rates(clinic.invites("c-2"), 1)

        found = clinic.read_conversation(conversation_id="c-1")

        assert (found.patient_id, found.state, found.satisfaction.value) == ("ada", "responded", 4)
        assert [one.given.value for one in found.answers][1] == ("In part",)

    def test_says_that_nobody_has_answered_yet(self, clinic: Clinic) -> None:
        clinic.invites("c-1")

        found = clinic.read_conversation(conversation_id="c-1")

        assert (found.state, found.satisfaction.value, found.answers) == ("queued", None, ())
        with pytest.raises(NoSuchInvitation):
            clinic.read_conversation(conversation_id="c-2")

    @pytest.mark.parametrize(
        ("message", "reason", "seen"),
        [
            (MessageState.HELD, Reason.QUIET_TIME, ("queued", None)),
            (MessageState.UNCERTAIN, Reason.OUTCOME_UNKNOWN, ("queued", None)),
            (MessageState.ACCEPTED, None, ("sent", None)),
            (MessageState.DELIVERED, None, ("sent", None)),
            (MessageState.REFUSED, Reason.OPTED_OUT, ("failed", "opted_out")),
            (MessageState.BOUNCED, BounceCategory.INVALID_MAILBOX, ("failed", "invalid-mailbox")),
        ],
    )
    def test_says_what_became_of_the_invitation(
        self, clinic: Clinic, message: MessageState, reason: Cause | None, seen: tuple[str, str | None]
    ) -> None:
        named = clinic.invites("c-1")
        clinic.message_moves(message, reason)

        found = clinic.read_conversation(conversation_id="c-1")
        clinic.rates(named, 4)

        assert (found.state, found.why_failed) == seen
        assert clinic.read_conversation(conversation_id="c-1").state == "responded"
