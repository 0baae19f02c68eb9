"""From the queue into the hands of one representative, whatever happens meanwhile (CV-6, RT-18, D12)."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.access.model import Caller
from shared.conversations.model import (
    BotNoLongerOwnsIt,
    CloseIdleConversation,
    ConversationIsOver,
    LapseOffer,
    NoSuchConversation,
    NotOfferedToYou,
    NotPossibleNow,
    NotYourConversation,
    OfferOnItsWay,
    SaidOtherwise,
)
from shared.kernel.refusals import LostRace, Refusal
from shared.routing.representatives import Holding, representative_id
from tests.rooms.conversations.chat import (
    NINA,
    OMAR,
    SIV,
    TALK,
    Chat,
    Scene,
    a_chat,
    in_hand,
    waiting,
    with_external_bot,
    with_our_bot,
    wrapping_up,
)
from tests.rooms.triggers.interrupted import Interrupted


def closed(chat: Chat) -> None:
    wrapping_up(chat)
    chat.closes()


@pytest.fixture
def chat(tmp_path: Path) -> Generator[Chat]:
    with a_chat(tmp_path) as chat:
        yield chat


class TestEscalation:
    def test_lets_it_wait_in_the_queue_that_the_variables_lead_to(self, chat: Chat) -> None:
        waiting(chat)

        assert (chat.now_is.state, chat.now_is.owner.kind, chat.now_is.queue_id) == (
            "open",
            "queue",
            "nurses",
        )
        (offer,) = chat.told("OfferWork")
        assert offer == {
            "work_id": TALK,
            "round": 1,
            "queue_id": "nurses",
            "units": 2,
            "since": "2026-03-30T08:00:00Z",
            "not_to": [],
            "offer_lasts_seconds": 60,
            "is_known": True,
        }

    def test_falls_back_where_no_rule_holds(self, chat: Chat) -> None:
        with_external_bot(chat)

        chat.bot_escalates(topic="flowers")

        assert chat.now_is.queue_id == "general"

    def test_shows_its_summary_to_representatives_alone(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)

        read = [said.text.value for said in chat.transcript_for(NINA).activities if said.text]

        assert "Sounds worried." in read
        assert "Sounds worried." not in str(chat.seen())
        assert chat.now_is.summary is not None

    def test_carries_what_our_own_bot_has_learned(self, chat: Chat) -> None:
        with_our_bot(chat)

        chat.posts("nurse")

        assert chat.now_is.context.value["topic"] == "nurse"
        assert chat.now_is.queue_id == "nurses"
        assert chat.now_is.summary is not None
        assert chat.now_is.summary.value == "Wants: nurse"

    def test_silences_the_bot(self, chat: Chat) -> None:
        waiting(chat)

        with pytest.raises(BotNoLongerOwnsIt):
            chat.bot_says("One more thing.", deliveryMode="bridged")

        assert "One more thing." not in chat.texts()


class TestAccepting:
    def test_puts_it_into_the_hands_of_whom_it_is_offered_to(self, chat: Chat) -> None:
        in_hand(chat)

        assert (chat.now_is.state, chat.now_is.owner.id) == ("active", representative_id(NINA))
        assert chat.texts()[-1] == "You are now talking to Nina."
        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["taken"]
        assert [told["round"] for told in chat.told("SettleWork")] == [1]

    @pytest.mark.parametrize("does", ["accepts", "declines"])
    def test_of_an_offer_that_is_on_its_way_is_to_be_asked_again(self, chat: Chat, does: str) -> None:
        waiting(chat)
        until = chat.now + timedelta(seconds=60)
        chat.finds(NINA, "available", Holding(TALK, 1, "nurses", 2, "reserved", chat.now, until))

        with pytest.raises(OfferOnItsWay) as refused:
            getattr(chat, does)(NINA)
        with pytest.raises(NotOfferedToYou):
            getattr(chat, does)(OMAR)

        assert refused.value.retry_after == timedelta(seconds=1)

    def test_of_room_kept_for_an_earlier_round_finds_nothing(self, chat: Chat) -> None:
        waiting(chat)
        until = chat.now + timedelta(seconds=60)
        chat.finds(NINA, "available", Holding(TALK, 1, "nurses", 2, "reserved", chat.now, until))
        chat.is_offered_to(OMAR)
        chat.declines(OMAR)

        with pytest.raises(NotOfferedToYou):
            chat.accepts(NINA)

    def test_is_audited_in_the_same_commit(self, chat: Chat) -> None:
        in_hand(chat)

        (entry,) = chat.told("RecordAudit")
        assert (entry["what"], entry["who"], entry["patient_id"]) == ("accept_conversation", NINA.who, "ada")

    def test_twice_takes_it_once(self, chat: Chat) -> None:
        in_hand(chat)

        chat.accepts(NINA)

        assert len(chat.told("SettleCapacity")) == 1
        assert chat.texts().count("You are now talking to Nina.") == 1

    def test_by_two_at_once_gives_it_to_the_one_who_is_offered_it(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)
        chat.is_offered_to(OMAR)

        with pytest.raises(NotOfferedToYou):
            chat.accepts(OMAR)
        chat.accepts(NINA)

        assert chat.now_is.owner.name == "Nina"
        (omars, ninas) = chat.told("SettleCapacity")
        assert (omars["representative_id"], omars["outcome"]) == (representative_id(OMAR), "elsewhere")
        assert omars["until"] == "2026-03-30T08:01:00Z"
        assert (ninas["outcome"], ninas["units"]) == ("taken", 2)

    def test_loses_the_race_against_the_patient_who_leaves_in_that_moment(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)
        whole = chat.house.documents
        chat.speaks_through(Interrupted(whole, "read", lambda: Chat(chat.house).leaves()))

        with pytest.raises(LostRace):
            chat.accepts(NINA)
        with pytest.raises(NotOfferedToYou):
            chat.accepts(NINA)

        assert chat.now_is.closure_reason == "CustomerEndConversation"
        assert {told["outcome"] for told in chat.told("SettleCapacity")} == {"elsewhere"}

    def test_lets_the_patient_who_leaves_a_moment_later_leave(self, chat: Chat) -> None:
        in_hand(chat)

        chat.leaves()

        assert (chat.now_is.state, chat.now_is.closure_reason) == ("wrap_up", "CustomerEndConversation")
        assert chat.told("ConversationClosed") == []

    def test_comes_too_late_when_the_offer_has_ended(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA, seconds=60)
        chat.passes(seconds=60)

        with pytest.raises(NotOfferedToYou):
            chat.accepts(NINA)

        assert chat.now_is.state == "open"

    def test_of_what_is_not_there_says_nothing_else(self, chat: Chat) -> None:
        with pytest.raises(NotOfferedToYou):
            chat.accepts(NINA)


class TestAnOffer:
    def test_told_twice_stands_once(self, chat: Chat) -> None:
        waiting(chat)
        offer = chat.is_offered_to(NINA)

        chat.offer(offer, now=chat.now)

        assert len(chat.told("LapseOffer")) == 1
        assert chat.told("SettleCapacity") == []

    def test_told_again_after_it_was_taken_takes_no_room_away(self, chat: Chat) -> None:
        waiting(chat)
        offer = chat.is_offered_to(NINA)
        chat.accepts(NINA)

        chat.offer(offer, now=chat.now)

        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["taken"]

    def test_of_an_earlier_round_is_settled_elsewhere(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)
        chat.declines(NINA)

        chat.is_offered_to(OMAR, round_=1)

        assert chat.now_is.offered_to is None
        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["declined", "elsewhere"]

    def test_that_comes_too_late_blames_nobody(self, chat: Chat) -> None:
        waiting(chat)

        chat.is_offered_to(NINA, seconds=0)

        assert (chat.now_is.round, chat.now_is.offered_to) == (2, None)
        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["elsewhere"]
        assert chat.told("OfferWork")[-1]["not_to"] == []

    def test_declined_goes_to_others_first(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)
        chat.passes(seconds=5)

        chat.declines(NINA)

        again = chat.told("OfferWork")[-1]
        assert (again["round"], again["not_to"]) == (2, [representative_id(NINA)])
        assert again["since"] == chat.told("OfferWork")[0]["since"]
        assert [(told["outcome"], told["round"]) for told in chat.told("SettleCapacity")] == [("declined", 1)]
        assert [told["round"] for told in chat.told("SettleWork")] == [1]
        assert "still looking" in chat.texts()[-1]
        with pytest.raises(NotOfferedToYou):
            chat.accepts(NINA)

    def test_declined_twice_is_declined_once(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)
        chat.declines(NINA)
        chat.is_offered_to(OMAR)

        chat.declines(NINA)

        assert chat.now_is.offered_to == representative_id(OMAR)
        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["declined"]
        with pytest.raises(NotOfferedToYou):
            chat.declines(SIV)

    def test_says_when_it_ended(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA, seconds=60)
        chat.passes(seconds=10)
        chat.declines(NINA)
        chat.is_offered_to(OMAR, seconds=60)
        chat.passes(minutes=5)
        chat.lapse(LapseOffer(TALK, 2), now=chat.now)

        ends = [told["ended_at"] for told in chat.told("SettleCapacity")]

        assert ends == ["2026-03-30T08:00:10Z", "2026-03-30T08:01:10Z"]

    def test_may_come_back_to_who_declined(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)
        chat.declines(NINA)

        chat.is_offered_to(NINA)
        chat.accepts(NINA)

        assert chat.now_is.owner.name == "Nina"
        assert [(told["outcome"], told["round"]) for told in chat.told("SettleCapacity")] == [
            ("declined", 1),
            ("taken", 2),
        ]

    def test_missed_lapses_once(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA, seconds=60)
        chat.lapse(LapseOffer(TALK, 1), now=chat.now)
        before_its_end = chat.now_is.offered_to
        chat.passes(seconds=60)

        chat.lapse(LapseOffer(TALK, 1), now=chat.now)
        chat.lapse(LapseOffer(TALK, 1), now=chat.now)

        assert before_its_end == representative_id(NINA)
        assert chat.now_is.round == 2
        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["missed"]

    @pytest.mark.parametrize(("seconds", "round_"), [(29, 1), (30, 2)])
    def test_lapses_at_word_that_comes_a_little_early(self, chat: Chat, seconds: int, round_: int) -> None:
        waiting(chat)
        chat.is_offered_to(NINA, seconds=60)
        chat.passes(seconds=seconds)

        chat.lapse(LapseOffer(TALK, 1), now=chat.now)

        assert chat.now_is.round == round_

    def test_of_a_later_round_does_not_lapse_at_word_of_an_earlier_one(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(OMAR)
        chat.declines(OMAR)
        chat.is_offered_to(NINA)
        chat.passes(seconds=60)

        chat.lapse(LapseOffer(TALK, 1), now=chat.now)

        assert (chat.now_is.round, chat.now_is.offered_to) == (2, representative_id(NINA))

    def test_of_an_earlier_round_is_settled_though_a_later_one_stands(self, chat: Chat) -> None:
        waiting(chat)
        first = chat.is_offered_to(NINA)
        chat.declines(NINA)
        chat.is_offered_to(NINA)

        chat.offer(first, now=chat.now)

        assert chat.now_is.offered_to == representative_id(NINA)
        assert [(told["outcome"], told["round"]) for told in chat.told("SettleCapacity")] == [
            ("declined", 1),
            ("elsewhere", 1),
        ]

    def test_taken_does_not_lapse(self, chat: Chat) -> None:
        in_hand(chat)
        chat.passes(hours=1)

        chat.lapse(LapseOffer(TALK, 1), now=chat.now)

        assert chat.now_is.state == "active"

    def test_keeps_its_end_in_the_index_only_while_it_stands(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)
        offered = chat.now_is.offered_until
        chat.accepts(NINA)

        assert offered is not None
        assert chat.now_is.offered_until is None


class TestTheRepresentative:
    def test_talks_to_the_patient(self, chat: Chat) -> None:
        in_hand(chat)

        kept = chat.says("Hello Ada, how can I help?")

        last = chat.seen()[-1]
        assert last["text"] == "Hello Ada, how can I help?"
        assert last["from"] == {"id": "representative", "role": "bot", "name": "Nina"}
        assert last["id"] == f"{TALK}|{kept.sequence:07d}"

    def test_says_it_once_however_often_it_is_sent(self, chat: Chat) -> None:
        in_hand(chat)

        first, again = chat.says("Hello."), chat.says("Hello.")

        assert first == again
        assert chat.texts().count("Hello.") == 1

    def test_is_told_that_other_words_under_the_same_name_were_not_said(self, chat: Chat) -> None:
        in_hand(chat)
        chat.says("Hello.")

        with pytest.raises(SaidOtherwise):
            chat.says("Goodbye.")

        assert "Goodbye." not in chat.texts()

    @pytest.mark.parametrize("scene", [waiting, wrapping_up])
    def test_may_not_talk_before_or_after(self, chat: Chat, scene: Scene) -> None:
        scene(chat)

        with pytest.raises(Refusal):
            chat.says("Hello.")

        assert "Hello." not in chat.texts()

    def test_ends_then_closes_and_only_then_is_free(self, chat: Chat) -> None:
        in_hand(chat)

        chat.ends()
        after_the_end = [told["outcome"] for told in chat.told("SettleCapacity")]
        chat.closes()

        assert after_the_end == ["taken"]
        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["taken", "finished"]
        (closed,) = chat.told("ConversationClosed")
        assert closed["reason"] == "AgentEndConversation"
        assert (closed["survey_id"], closed["patient_id"]) == ("after-chat", "ada")

    def test_cannot_close_what_has_not_ended(self, chat: Chat) -> None:
        in_hand(chat)

        with pytest.raises(NotPossibleNow):
            chat.closes()

        assert chat.now_is.state == "active"

    def test_closes_once(self, chat: Chat) -> None:
        wrapping_up(chat)
        chat.closes()
        closed = chat.now_is

        chat.closes()

        assert chat.now_is == closed
        assert len(chat.told("ConversationClosed")) == 1

    def test_may_not_close_what_silence_has_closed(self, chat: Chat) -> None:
        wrapping_up(chat)
        chat.passes(minutes=15)
        chat.close_idle(CloseIdleConversation(TALK, chat.now_is.changed_at), now=chat.now)

        with pytest.raises(NotPossibleNow):
            chat.closes()

        assert chat.now_is.state == "closed"

    @pytest.mark.parametrize("scene", [wrapping_up, closed])
    def test_ends_once(self, chat: Chat, scene: Scene) -> None:
        scene(chat)
        before = chat.now_is

        chat.ends()

        assert chat.now_is == before
        assert [told["what"] for told in chat.told("RecordAudit")].count("end_conversation") == 1

    def test_may_not_end_what_the_patient_has_ended(self, chat: Chat) -> None:
        in_hand(chat)
        chat.leaves()

        with pytest.raises(NotPossibleNow):
            chat.ends()

        assert chat.now_is.closure_reason == "CustomerEndConversation"

    def test_hears_no_more_of_a_patient_once_it_is_over(self, chat: Chat) -> None:
        wrapping_up(chat)

        with pytest.raises(ConversationIsOver):
            chat.posts("Wait!")
        chat.closes()
        with pytest.raises(ConversationIsOver):
            chat.posts("Wait!")

        assert "Wait!" not in chat.texts()


class TestOthers:
    @pytest.mark.parametrize("scene", [with_external_bot, waiting, in_hand, wrapping_up])
    def test_are_not_told_that_it_exists(self, chat: Chat, scene: Scene) -> None:
        scene(chat)

        with pytest.raises(NoSuchConversation):
            chat.says("Hello.", by=OMAR)
        with pytest.raises(NoSuchConversation):
            chat.transcript_for(OMAR)
        with pytest.raises(NoSuchConversation):
            chat.ends(OMAR)

    def test_who_supervise_may_read_but_not_speak(self, chat: Chat) -> None:
        in_hand(chat)

        read = chat.transcript_for(SIV)
        with pytest.raises(NotYourConversation):
            chat.says("Hello.", by=SIV)

        assert len(read.activities) == chat.now_is.next_sequence - 1

    def test_whose_offer_has_ended_may_no_longer_read(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA, seconds=60)
        while_it_stands = chat.transcript_for(NINA)
        chat.passes(seconds=60)

        with pytest.raises(NoSuchConversation):
            chat.transcript_for(NINA)

        assert while_it_stands.activities

    def test_of_the_same_name_elsewhere_are_others(self, chat: Chat) -> None:
        in_hand(chat)

        with pytest.raises(NoSuchConversation):
            chat.transcript_for(replace(NINA, issuer="https://elsewhere"))


class TestReleasing:
    def test_lets_it_wait_for_others_who_come_first(self, chat: Chat) -> None:
        in_hand(chat)

        chat.releases(NINA)

        assert (chat.now_is.state, chat.now_is.owner.kind, chat.now_is.round) == ("open", "queue", 2)
        assert chat.now_is.silent_until(chat.now) is not None, "nobody waits for ever"
        assert chat.told("OfferWork")[-1]["not_to"] == [representative_id(NINA)]
        assert chat.told("SettleCapacity")[-1]["outcome"] == "finished"

    def test_takes_it_out_of_sight_of_whoever_gave_it_back(self, chat: Chat) -> None:
        in_hand(chat)

        chat.releases(NINA)

        with pytest.raises(NoSuchConversation):
            chat.transcript_for(NINA)

    def test_is_a_supervisors_way_out_when_a_representative_has_vanished(self, chat: Chat) -> None:
        in_hand(chat)

        chat.releases(SIV)
        chat.is_offered_to(OMAR)
        chat.accepts(OMAR)

        assert chat.now_is.served_by == representative_id(OMAR)
        assert chat.told("RecordAudit")[-2]["what"] == "release_conversation"

    @pytest.mark.parametrize("caller", [NINA, SIV])
    def test_twice_gives_it_back_once(self, chat: Chat, caller: Caller) -> None:
        in_hand(chat)
        chat.releases(caller)
        chat.is_offered_to(OMAR)

        chat.releases(caller)

        assert (chat.now_is.round, chat.now_is.offered_to) == (2, representative_id(OMAR))
        assert len(chat.told("OfferWork")) == 2

    def test_again_once_somebody_else_has_it_shows_nothing_of_it(self, chat: Chat) -> None:
        in_hand(chat)
        chat.releases(NINA)
        chat.is_offered_to(OMAR)
        chat.accepts(OMAR)

        with pytest.raises(NoSuchConversation):
            chat.releases(NINA)

        assert chat.now_is.served_by == representative_id(OMAR)

    def test_is_not_for_colleagues(self, chat: Chat) -> None:
        in_hand(chat)

        with pytest.raises(NoSuchConversation):
            chat.releases(OMAR)

    @pytest.mark.parametrize("scene", [waiting, wrapping_up])
    def test_of_what_nobody_talks_in_is_refused(self, chat: Chat, scene: Scene) -> None:
        scene(chat)

        with pytest.raises(NotPossibleNow):
            chat.releases(SIV)
