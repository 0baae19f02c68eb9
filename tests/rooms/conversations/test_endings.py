"""Silence, booked times and marks (CV-8, CV-14, SU-7)."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.appointments.model import BookingSettled
from shared.conversations.documents import INDEXES
from shared.conversations.list_conversations import ListConversations, WhichConversations
from shared.conversations.model import CloseIdleConversation, LapseOffer, RecordSatisfaction
from shared.conversations.queue_idle_conversations import QueueIdleConversations
from shared.conversations.queue_lapsed_offers import QueueLapsedOffers
from shared.conversations.record_satisfaction import KeepSatisfaction
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive
from tests.rooms.conversations.chat import (
    NINA,
    STRANGER,
    TALK,
    TEN,
    Chat,
    Heard,
    Scene,
    a_chat,
    in_hand,
    waiting,
    with_booking_bot,
    with_external_bot,
    with_our_bot,
    wrapping_up,
)


@pytest.fixture
def chat(tmp_path: Path) -> Generator[Chat]:
    with a_chat(tmp_path) as chat:
        yield chat


def swept(chat: Chat) -> list[CloseIdleConversation]:
    """Let the timer tick, and give what it queued."""
    heard = Heard()
    QueueIdleConversations(chat.house.documents, heard)(now=chat.now)
    found = [one.content for one in heard.announcements]
    return [one for one in found if isinstance(one, CloseIdleConversation)]


def idle(chat: Chat) -> CloseIdleConversation:
    return CloseIdleConversation(TALK, chat.now_is.changed_at)


class TestSilence:
    @pytest.mark.parametrize(("scene", "minutes"), [(with_our_bot, 20), (waiting, 20), (wrapping_up, 15)])
    def test_closes_it_after_so_many_minutes(self, chat: Chat, scene: Scene, minutes: int) -> None:
        scene(chat)
        chat.passes(minutes=minutes, seconds=-1)
        too_early = swept(chat)
        chat.passes(seconds=1)

        (found,) = swept(chat)
        chat.close_idle(found, now=chat.now)
        chat.close_idle(found, now=chat.now)

        assert too_early == []
        assert chat.now_is.state == "closed"
        assert len(chat.told("ConversationClosed")) == 1
        assert swept(chat) == []

    def test_never_closes_a_talk_with_a_representative(self, chat: Chat) -> None:
        in_hand(chat)
        chat.says("How can I help?")
        chat.passes(days=3)

        chat.close_idle(idle(chat), now=chat.now)

        assert (swept(chat), chat.now_is.state) == ([], "active")

    def test_is_broken_by_whoever_spoke_meanwhile(self, chat: Chat) -> None:
        waiting(chat)
        chat.passes(minutes=20)
        (found,) = swept(chat)

        chat.posts("Is anybody there?")
        chat.close_idle(found, now=chat.now)

        assert chat.now_is.state == "open"

    def test_of_an_earlier_time_closes_nothing_later(self, chat: Chat) -> None:
        waiting(chat)
        chat.passes(minutes=20)
        (found,) = swept(chat)
        chat.posts("Is anybody there?")
        chat.passes(minutes=20)

        chat.close_idle(found, now=chat.now)

        assert chat.now_is.state == "open"

    def test_waits_for_an_offer_that_stands(self, chat: Chat) -> None:
        waiting(chat)
        chat.passes(minutes=20)
        chat.is_offered_to(NINA)

        chat.close_idle(idle(chat), now=chat.now)
        chat.accepts(NINA)

        assert chat.now_is.owner.name == "Nina"

    def test_in_the_queue_has_the_patient_called_back(self, chat: Chat) -> None:
        waiting(chat)
        chat.passes(minutes=20)

        chat.close_idle(idle(chat), now=chat.now)

        (task,) = chat.told("CreateTask")
        assert (task["code"], task["patient_id"], task["focus"]) == (
            "call-back",
            "ada",
            f"conversation/{TALK}",
        )
        assert [told["round"] for told in chat.told("SettleWork")] == [1]
        assert chat.now_is.closure_reason == "AutoClose"

    def test_of_a_stranger_in_the_queue_has_nobody_called(self, chat: Chat) -> None:
        chat.has_workstream(scenario_id=None)
        chat.opens(STRANGER)
        chat.bot_escalates()
        chat.passes(minutes=20)

        chat.close_idle(idle(chat), now=chat.now)

        assert (chat.now_is.state, chat.told("CreateTask")) == ("closed", [])

    def test_with_the_bot_has_nobody_called(self, chat: Chat) -> None:
        with_external_bot(chat)
        chat.passes(minutes=20)

        chat.close_idle(idle(chat), now=chat.now)

        assert (chat.now_is.state, chat.told("CreateTask")) == ("closed", [])

    def test_while_wrapping_up_frees_the_representative_and_keeps_the_first_reason(self, chat: Chat) -> None:
        in_hand(chat)
        chat.leaves()
        chat.passes(minutes=15)

        chat.close_idle(idle(chat), now=chat.now)

        assert chat.now_is.closure_reason == "CustomerEndConversation"
        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["taken", "finished"]


class TestTheOfferSweep:
    def test_finds_offers_whose_message_did_not_come(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA, seconds=60)
        heard = Heard()
        sweep = QueueLapsedOffers(chat.house.documents, heard)
        chat.passes(seconds=89)
        sweep(now=chat.now)
        too_early = list(heard.announcements)
        chat.passes(seconds=1)

        sweep(now=chat.now)

        assert too_early == []
        assert [told.content for told in heard.announcements] == [LapseOffer(TALK, 1)]


class TestThePatientWhoLeaves:
    @pytest.mark.parametrize("scene", [with_our_bot, waiting])
    def test_closes_it_where_nobody_has_it_in_hand(self, chat: Chat, scene: Scene) -> None:
        scene(chat)

        chat.leaves()

        (closed,) = chat.told("ConversationClosed")
        assert (closed["reason"], chat.now_is.state) == ("CustomerEndConversation", "closed")
        assert closed["version"] > 1

    def test_takes_the_wait_and_the_offer_away(self, chat: Chat) -> None:
        waiting(chat)
        chat.is_offered_to(NINA)

        chat.leaves()

        assert [told["round"] for told in chat.told("SettleWork")] == [1]
        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["elsewhere"]
        assert chat.now_is.offered_until is None


class TestABooking:
    def asked(self, chat: Chat) -> str:
        with_booking_bot(chat)
        chat.posts(TEN.label)
        (asked,) = chat.told("BookForPatient")
        assert (asked["slot_id"], asked["patient_id"], asked["source"]) == ("slot-10", "ada", "bot")
        return str(asked["booking_id"])

    def settled(self, booking_id: str, refusal: str | None = None) -> BookingSettled:
        booked = None if refusal else "appointment-1"
        return BookingSettled(TALK, booking_id, booked, None if refusal else TEN.starts_at, refusal)

    def test_is_asked_for_and_the_news_of_it_heard_once(self, chat: Chat) -> None:
        settled = self.settled(self.asked(chat))

        chat.booked(settled, now=chat.now)
        chat.booked(settled, now=chat.now)

        assert chat.texts().count(f"You are booked: {TEN.label}.") == 1
        assert chat.now_is.closure_reason == "BotEndConversation"

    def test_refused_lets_other_times_be_offered(self, chat: Chat) -> None:
        settled = self.settled(self.asked(chat), refusal="SlotAlreadyTaken")
        eleven = TEN.starts_at + timedelta(hours=1)
        chat.slots = [type(TEN)("slot-11", eleven, "Tuesday 11:00")]

        chat.booked(settled, now=chat.now)

        assert "That is gone." in chat.texts()
        assert "Tuesday 11:00" in str(chat.seen()[-1])

    def test_that_was_made_after_all_is_told_once(self, chat: Chat) -> None:
        booking_id = self.asked(chat)
        chat.booked(self.settled(booking_id, refusal="SlotAlreadyTaken"), now=chat.now)

        for _ in range(2):
            chat.booked(self.settled(booking_id), now=chat.now)
            chat.booked(self.settled(booking_id, refusal="SlotAlreadyTaken"), now=chat.now)

        assert len([text for text in chat.texts() if "booked after all" in text]) == 1
        assert chat.texts().count("That is gone.") == 1

    def test_of_another_is_no_news(self, chat: Chat) -> None:
        self.asked(chat)
        before = chat.now_is

        chat.booked(self.settled("another"), now=chat.now)

        assert chat.now_is == before

    def test_after_the_bot_was_left_is_told_plainly(self, chat: Chat) -> None:
        chat.has_workstream()
        chat.has_scenario(
            {"kind": "book", "id": "book", "ask": "Which?", "otherwise": "person", "next": "person"},
            {"kind": "escalate", "id": "person"},
            escape_words=["help"],
        )
        chat.opens()
        chat.posts(TEN.label)
        (asked,) = chat.told("BookForPatient")
        chat.posts("help")

        chat.booked(self.settled(asked["booking_id"]), now=chat.now)

        assert chat.now_is.state == "open"
        assert chat.texts()[-1] == "Your appointment has been booked."

    def test_of_a_stranger_is_not_asked_for(self, chat: Chat) -> None:
        chat.has_workstream()
        chat.has_scenario(
            {"kind": "book", "id": "book", "ask": "Which?", "otherwise": "person"},
            {"kind": "escalate", "id": "person"},
        )
        chat.opens(STRANGER)

        chat.posts(TEN.label)

        assert chat.told("BookForPatient") == []
        assert chat.now_is.state in ("active", "open")


class TestSatisfaction:
    def rated(self, chat: Chat, mark: int, invitation: str = "i-1") -> None:
        told = RecordSatisfaction(TALK, invitation, "after-chat", Sensitive(mark), chat.now)
        KeepSatisfaction(chat.house.documents)(told)

    def test_is_kept_from_the_first_word(self, chat: Chat) -> None:
        wrapping_up(chat)
        chat.closes()

        self.rated(chat, 2)
        self.rated(chat, 5, "i-2")

        assert chat.now_is.satisfaction == Sensitive(2)
        assert chat.now_is.state == "closed"

    @pytest.mark.parametrize("mark", [0, 6, -1])
    def test_beyond_five_is_nonsense(self, chat: Chat, mark: int) -> None:
        wrapping_up(chat)

        with pytest.raises(Nonsense):
            self.rated(chat, mark)


class TestTheBoard:
    def test_shows_who_waits_and_since_when(self, chat: Chat) -> None:
        waiting(chat)
        board = ListConversations(chat.house.documents)

        (row,) = board(WhichConversations(state="open")).conversations

        assert (row.conversation_id, row.queue_id, row.owner_kind) == (TALK, "nurses", "queue")
        assert row.waiting_since == chat.now
        assert board(WhichConversations(state="closed")).conversations == ()

    @pytest.mark.parametrize("limit", [0, 201, -5])
    def test_refuses_pages_that_are_none(self, chat: Chat, limit: int) -> None:
        with pytest.raises(Nonsense, match="limit"):
            ListConversations(chat.house.documents)(WhichConversations(limit=limit))

    def test_rests_on_declared_indexes(self) -> None:
        assert {(index.kind, index.field) for index in INDEXES} == {
            ("conversation", "state"),
            ("conversation", "closes_at"),
            ("conversation", "offered_until"),
            ("conversation", "unanswered_until"),
            ("conversation", "patient_id"),
        }
