"""Neither a crowd without names nor a talk without end takes the place of others."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.conversations.documents import committed, conversation_at, next_of
from shared.conversations.ending import MOST_ACTIVITIES, TOO_LONG
from shared.conversations.model import ConversationIsOver, TooManyWait
from shared.routing.model import OfferWork
from shared.routing.offer_work import OfferingWork
from tests.rooms.conversations.bot_scripts import person, prompt
from tests.rooms.conversations.chat import (
    ADAS,
    NINA,
    STRANGER,
    TALK,
    Chat,
    a_chat,
    in_hand,
    waiting,
    with_external_bot,
)


@pytest.fixture
def chat(tmp_path: Path) -> Generator[Chat]:
    with a_chat(tmp_path) as chat:
        yield chat


def has_waiting(chat: Chat, *, known: int, unknown: int) -> None:
    """Let others wait for a nurse."""
    offer = OfferingWork(chat.house.documents)
    for number in range(known + unknown):
        work = OfferWork(f"other-{number}", 1, "nurses", 1, chat.now, is_known=number < known)
        offer(work, now=chat.now)


class TestACrowdOfVisitors:
    def test_is_bounded_by_what_the_workstream_says(self, chat: Chat) -> None:
        chat.has_workstream(scenario_id=None, most_anonymous=3)
        has_waiting(chat, known=5, unknown=3)
        chat.opens(STRANGER)

        with pytest.raises(TooManyWait) as refused:
            chat.bot_escalates(topic="nurse")

        assert refused.value.retry_after == timedelta(minutes=2)
        assert (chat.now_is.state, chat.told("OfferWork")) == ("active", [])

    def test_leaves_room_for_the_last_one(self, chat: Chat) -> None:
        chat.has_workstream(scenario_id=None, most_anonymous=3)
        has_waiting(chat, known=5, unknown=2)
        chat.opens(STRANGER)

        chat.bot_escalates(topic="nurse")

        (offer,) = chat.told("OfferWork")
        assert (chat.now_is.state, offer["is_known"]) == ("open", False)

    def test_keeps_nobody_out_who_has_signed_in(self, chat: Chat) -> None:
        chat.has_workstream(scenario_id=None, most_anonymous=3)
        has_waiting(chat, known=0, unknown=9)
        chat.opens(ADAS)

        chat.bot_escalates(topic="nurse")

        assert chat.now_is.state == "open"

    def test_lets_the_words_stand_that_were_refused(self, chat: Chat) -> None:
        """What is refused is not kept, so that the same can be said again."""
        chat.has_workstream(most_anonymous=1)
        chat.has_scenario(prompt(variable="topic"), person(context={"topic": {"variable": "topic"}}))
        has_waiting(chat, known=0, unknown=1)
        chat.opens(STRANGER)
        before = chat.now_is

        with pytest.raises(TooManyWait):
            chat.posts("nurse", visitor=STRANGER)

        assert chat.now_is == before


class TestATalkWithoutEnd:
    def has_been_long(self, chat: Chat) -> None:
        """Let it have come to its last place but one."""
        found = conversation_at(chat.house.documents, TALK)
        decision = next_of(found)
        long = replace(decision.conversation, next_sequence=MOST_ACTIVITIES)
        committed(chat.house.documents, found, decision.standing(long))

    def test_is_closed_kindly_with_the_bot(self, chat: Chat) -> None:
        with_external_bot(chat)
        self.has_been_long(chat)

        chat.posts("And another thing.")

        assert (chat.now_is.state, chat.now_is.closure_reason) == ("closed", "ForceClose")
        assert "And another thing." in chat.texts()
        assert TOO_LONG in chat.texts()
        with pytest.raises(ConversationIsOver):
            chat.posts("And yet another.")

    def test_is_closed_in_the_queue_which_is_told(self, chat: Chat) -> None:
        waiting(chat)
        self.has_been_long(chat)

        chat.posts("Hello?")

        assert chat.now_is.state == "closed"
        assert [told["round"] for told in chat.told("SettleWork")] == [1]

    def test_is_to_be_wrapped_up_by_who_had_the_last_word(self, chat: Chat) -> None:
        in_hand(chat)
        self.has_been_long(chat)

        chat.says("One more thing.")

        assert (chat.now_is.state, chat.now_is.served_by is not None) == ("wrap_up", True)
        assert TOO_LONG in chat.texts()
        chat.closes(NINA)

    def test_goes_on_up_to_there(self, chat: Chat) -> None:
        in_hand(chat)
        found = conversation_at(chat.house.documents, TALK)
        decision = next_of(found)
        long = replace(decision.conversation, next_sequence=MOST_ACTIVITIES - 1)
        committed(chat.house.documents, found, decision.standing(long))

        chat.says("One more thing.")

        assert chat.now_is.state == "active"
