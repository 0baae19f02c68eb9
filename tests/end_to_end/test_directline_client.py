"""Bot Framework's own client holds a conversation with us, from the greeting to the end (D12)."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.judges import judge
from tests.support.product_chat_house import ChatHouse, a_chat_house
from tests.support.product_directline import Activity, ChatProgram, a_chat_program, is_installed

CLIENT = "botframework-directlinejs (npm install --no-package-lock --prefix tests/judges/directline)"


@pytest.fixture
def house(tmp_path: Path) -> Generator[ChatHouse]:
    judge(CLIENT, available=is_installed())
    with a_chat_house(tmp_path / "data") as house:
        yield house


class TestTheClient:
    def test_holds_a_conversation_from_the_greeting_to_the_end(self, house: ChatHouse) -> None:
        """With its token refreshed on the way, and a power cut while a person is talking."""
        given = house.chat_token("maria")
        talk = str(given["conversationId"])

        with a_chat_program(house.directline, given["token"]) as chat:
            with_the_bot(chat)
            refreshed = chat.refreshes()
            handed_over(chat, house, talk)
            through_a_power_cut(chat, house, talk)
            house.in_conversation(talk, "end")
            chat.until_shown(is_the_end)
            house.in_conversation(talk, "close")

        assert said(chat) == [
            *("Opening hours", "I want to talk to a person"),
            *("Hello, I am Sam. What is it?", "My knee hurts."),
            *("Since Friday.", "Then come by this afternoon."),
        ]
        assert is_in_order(chat.activities, talk)
        with a_chat_program(house.directline, refreshed, talk) as second:
            second.until_shown(is_the_end)
        assert second.activities == chat.activities
        assert kept(house, talk) == [(place(one), one.get("text")) for one in chat.activities]


def with_the_bot(chat: ChatProgram) -> None:
    """Be greeted, and be answered what the bot has been taught."""
    chat.until_told("Welcome to Riverside Health Centre", by="bot")
    asked = chat.says("Opening hours")
    assert chat.until_told("Monday to Friday", by="bot")["replyToId"] == asked


def handed_over(chat: ChatProgram, house: ChatHouse, talk: str) -> None:
    """Ask for a person, who comes, and takes the conversation."""
    chat.says("I want to talk to a person")
    chat.until_told("I am connecting you with a person", by="bot")
    house.sam_comes()
    house.accept(talk, house.sam)
    house.in_conversation(talk, "messages", {"text": "Hello, I am Sam. What is it?"})
    assert chat.until_told("I am Sam", by="representative")["from"]["name"] == "Sam"
    answer = chat.says("My knee hurts.")
    chat.until_shown(lambda one: one["id"] == answer)


def through_a_power_cut(chat: ChatProgram, house: ChatHouse, talk: str) -> None:
    """Say something that nobody hears, reconnect, and say it twice under its old name: it is kept once."""
    since = {"channelData": {"clientActivityID": "since-friday"}}
    house.host.kill()
    assert chat.says("Since Friday.", **since) == "retry"
    house.is_there_again()
    assert int(chat.reconnects()) == place(chat.activities[-1])
    assert chat.says("Since Friday.", **since) == chat.says("Since Friday.", **since)
    house.in_conversation(talk, "messages", {"text": "Then come by this afternoon."})
    chat.until_told("this afternoon", by="representative")


def is_the_end(activity: Activity) -> bool:
    return activity["type"] == "endOfConversation"


def place(activity: Activity) -> int:
    return int(activity["id"].partition("|")[2])


def said(chat: ChatProgram) -> list[str]:
    """Give what people said, the patient and the representative, in the order in which it was shown."""
    people = ("user", "representative")
    return [one["text"] for one in chat.activities if one.get("channelData", {}).get("role") in people]


def is_in_order(activities: list[Activity], talk: str) -> bool:
    ids = [one["id"] for one in activities]
    return ids == sorted(set(ids)) and {id_.partition("|")[0] for id_ in ids} == {talk}


def kept(house: ChatHouse, talk: str) -> list[tuple[int, str | None]]:
    """Give the places and words that staff are shown, without what is for staff alone."""
    answer = house.ask("GET", f"/api/conversations/{talk}/transcript", token=house.maker)
    return [(one["sequence"], one["text"]) for one in answer["activities"] if one["for_patient"]]
