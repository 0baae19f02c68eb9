"""A bot that cannot go on hands over, and is heard no more (BH-4, CV-6)."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.conversations.documents import conversation_at
from shared.kernel.documents import replacing
from tests.rooms.conversations.bot_scripts import book, person, prompt
from tests.rooms.conversations.chat import TALK, Chat, a_chat


@pytest.fixture
def chat(tmp_path: Path) -> Generator[Chat]:
    with a_chat(tmp_path) as chat:
        yield chat


class TestABotThatIsLost:
    def loses_its_way(self, chat: Chat) -> None:
        """Let nine steps follow on one another, of which each finds no free time."""
        chat.slots = []
        chat.has_workstream()
        searches = [
            book(no_slots_text=f"None {n}.", next="person")
            | {"id": f"b{n}", "otherwise": f"b{n + 1}" if n < 8 else "person"}
            for n in range(9)
        ]
        chat.has_scenario(
            prompt(variable="topic", next="b0"),
            *searches,
            person(),
            escape_context={"topic": "nurse"},
            escape_text="Let me get somebody.",
        )
        chat.opens()
        chat.posts("hello")

    def test_hands_over_as_its_scenario_says(self, chat: Chat) -> None:
        self.loses_its_way(chat)

        assert chat.now_is.lifecycle == ("open", "queue")
        assert chat.now_is.queue_id == "nurses"
        assert chat.now_is.standing is not None
        assert chat.now_is.standing.is_over
        assert "Let me get somebody." in chat.texts()

    def test_keeps_no_patient_from_being_heard(self, chat: Chat) -> None:
        self.loses_its_way(chat)
        before = chat.now_is

        chat.posts("Are you there?")

        assert chat.texts()[-1] == "Are you there?"
        assert chat.now_is.lifecycle == ("open", "queue")
        assert chat.now_is.standing == before.standing

    def test_says_nothing_more_even_where_it_was_left_in_the_midst(self, chat: Chat) -> None:
        self.loses_its_way(chat)
        found = conversation_at(chat.house.documents, TALK)
        assert found.body.standing is not None
        astray = replace(found.body, standing=replace(found.body.standing, position="b3", awaits="slots"))
        chat.house.documents.commit(found.partition, changes=[replacing(found, astray)])

        chat.posts("Are you there?")

        assert chat.texts()[-1] == "Are you there?"
        assert chat.now_is.lifecycle == ("open", "queue")
