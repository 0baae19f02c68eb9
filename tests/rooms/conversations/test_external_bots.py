"""Bots that are elsewhere (BH-4, BH-5, BH-6)."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from shared.conversations.hear_external_bot import BotActivity, BotCommand
from shared.conversations.model import BotNoLongerOwnsIt, NoSuchConversation
from shared.conversations.read_activities import WhichActivities
from shared.conversations.read_as_bot import ReadAsBot
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive
from tests.rooms.conversations.chat import (
    SIV,
    TALK,
    Chat,
    Scene,
    a_chat,
    in_hand,
    waiting,
    with_external_bot,
    with_our_bot,
)


@pytest.fixture
def chat(tmp_path: Path) -> Generator[Chat]:
    with a_chat(tmp_path) as chat:
        yield chat


class TestAnExternalBot:
    def test_is_shown_to_the_patient_where_it_is_bridged(self, chat: Chat) -> None:
        with_external_bot(chat)

        chat.bot_says("Hello.", deliveryMode="bridged")
        chat.bot_says("Sounds worried.")

        texts = [said.text.value for said in chat.transcript_for(SIV).activities if said.text]
        assert chat.texts() == ["Hello."]
        assert texts == ["Hello.", "Sounds worried."]

    def test_ends_the_conversation(self, chat: Chat) -> None:
        with_external_bot(chat)

        chat.bot_says("Bye.", deliveryMode="bridged", tags=BotCommand("EndConversation", {"solved": 1}))

        (closed,) = chat.told("ConversationClosed")
        assert closed["reason"] == "BotEndConversation"
        assert chat.now_is.context.value["solved"] == 1
        assert chat.texts()[0] == "Bye."

    def test_says_it_once_under_one_id(self, chat: Chat) -> None:
        with_external_bot(chat)
        escalates = BotActivity(id="a-1", text=Sensitive("Help her."))

        first = chat.external(escalates, conversation_id=TALK, now=chat.now)
        again = chat.external(escalates, conversation_id=TALK, now=chat.now)

        assert first == again
        assert chat.now_is.next_sequence == 2

    @pytest.mark.parametrize("scene", [waiting, in_hand, with_our_bot])
    def test_neither_speaks_nor_listens_where_it_is_not_the_owner(self, chat: Chat, scene: Scene) -> None:
        scene(chat)
        before = chat.now_is

        with pytest.raises(BotNoLongerOwnsIt):
            chat.bot_says("Hello.", deliveryMode="bridged")
        with pytest.raises(BotNoLongerOwnsIt):
            chat.bot_escalates()
        with pytest.raises(BotNoLongerOwnsIt):
            ReadAsBot(chat.house.documents)(WhichActivities(), conversation_id=TALK)

        assert chat.now_is == before

    def test_hears_what_the_patient_says(self, chat: Chat) -> None:
        with_external_bot(chat)
        chat.posts("I need a refill.")

        found = ReadAsBot(chat.house.documents)(WhichActivities(), conversation_id=TALK)

        assert [one["text"] for one in found.activities] == ["I need a refill."]

    def test_of_no_conversation_finds_none(self, chat: Chat) -> None:
        with pytest.raises(NoSuchConversation):
            chat.bot_says("Hello.")

    @pytest.mark.parametrize(
        "context",
        [
            {"x": True},
            {"x": 1.5},
            {"x": None},
            {"x": {"y": 1}},
            {"x": 2**60},
            {"x": "y" * 1001},
            {"": "y"},
            {f"v{number}": number for number in range(101)},
        ],
    )
    def test_hands_over_text_and_whole_numbers_alone(self, chat: Chat, context: dict[str, Any]) -> None:
        with_external_bot(chat)

        with pytest.raises(Nonsense, match="context"):
            chat.bot_says(None, tags=BotCommand("Escalate", context))

        assert chat.now_is.state == "active"

    @pytest.mark.parametrize("tags", ['{"type": "Escalate", "context": {"topic": "nurse"}}'])
    def test_commands_in_a_json_text_as_bots_made_for_omnichannel_do(self, chat: Chat, tags: str) -> None:
        with_external_bot(chat)

        chat.bot_says("Wants a nurse.", tags=Sensitive(tags))

        assert (chat.now_is.state, chat.now_is.queue_id) == ("open", "nurses")

    def test_whose_command_is_no_json_is_not_understood(self, chat: Chat) -> None:
        with_external_bot(chat)

        with pytest.raises(Nonsense):
            chat.bot_says("Goodbye.", tags=Sensitive("Escalate"))

    def test_commands_nothing_else(self, chat: Chat) -> None:
        with_external_bot(chat)

        with pytest.raises(Nonsense, match="tags"):
            chat.bot_says("x", tags=BotCommand("Delete"))
