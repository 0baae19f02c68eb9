"""A talk whose representative has gone, or says nothing, belongs to somebody again (CV-6, RT-12)."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shared.conversations.close_idle_conversation import LEFT_WAITING
from shared.conversations.list_conversations import ListConversations, WhichConversations
from shared.conversations.model import CloseIdleConversation, NoSuchConversation
from shared.conversations.opening_hours import PLEASE_WAIT
from shared.conversations.queue_idle_conversations import QueueIdleConversations
from shared.kernel.refusals import LostRace
from shared.routing.presence import Base
from shared.routing.representatives import representative_id
from shared.routing.workstreams import AutoClose
from tests.rooms.conversations.chat import NINA, OMAR, TALK, Chat, Heard, a_chat, in_hand
from tests.rooms.triggers.interrupted import Interrupted


@pytest.fixture
def chat(tmp_path: Path) -> Generator[Chat]:
    with a_chat(tmp_path) as chat:
        in_hand(chat)
        chat.says("How can I help?")
        yield chat


def ticks(chat: Chat) -> int:
    """Let the timer tick and carry what it queued; give how much that was."""
    heard = Heard()
    QueueIdleConversations(chat.house.documents, heard)(now=chat.now)
    for announced in heard.announcements:
        assert isinstance(announced.content, CloseIdleConversation)
        chat.close_idle(announced.content, now=chat.now)
    return len(heard.announcements)


class TestAPatientWhoWaitsForAWord:
    @pytest.mark.parametrize("base", ["offline", "appear_away", "inactive"])
    def test_is_given_to_others_after_three_minutes_without_anybody(self, chat: Chat, base: Base) -> None:
        chat.finds(NINA, base)
        chat.posts("Are you there?")
        chat.passes(minutes=3, seconds=-1)
        too_early = ticks(chat)
        chat.passes(seconds=1)

        assert (too_early, ticks(chat)) == (0, 1)

        assert (chat.now_is.state, chat.now_is.round, chat.now_is.served_by) == ("open", 2, None)
        assert chat.texts()[-2:] == [LEFT_WAITING, PLEASE_WAIT]
        assert [told["outcome"] for told in chat.told("SettleCapacity")] == ["taken", "finished"]
        assert chat.told("OfferWork")[-1]["not_to"] == [representative_id(NINA)]

    @pytest.mark.parametrize("base", ["available", "busy", "do_not_disturb"])
    def test_stays_with_who_is_there_for_half_an_hour(self, chat: Chat, base: Base) -> None:
        chat.finds(NINA, base)
        chat.posts("Are you there?")
        chat.passes(minutes=29)
        ticks(chat)
        stayed_with = chat.now_is.served_by
        chat.posts("Hello?")
        chat.passes(minutes=1)

        ticks(chat)

        assert stayed_with == representative_id(NINA)
        assert chat.now_is.state == "open"

    def test_is_given_to_others_when_who_was_there_goes(self, chat: Chat) -> None:
        chat.finds(NINA, "available")
        chat.posts("Are you there?")
        chat.passes(minutes=5)
        ticks(chat)

        chat.finds(NINA, "offline")
        ticks(chat)

        assert chat.now_is.state == "open"

    def test_is_one_too_who_has_not_been_greeted(self, tmp_path: Path) -> None:
        with a_chat(tmp_path) as chat:
            in_hand(chat)
            chat.passes(minutes=3)

            ticks(chat)

            assert chat.now_is.state == "open"

    def test_waits_no_more_once_answered(self, chat: Chat) -> None:
        chat.finds(NINA, "offline")
        chat.posts("Are you there?")
        chat.says("Yes.", named="m-2")
        chat.passes(days=1)

        assert ticks(chat) == 0
        assert chat.now_is.unanswered_since is None

    def test_waits_no_more_once_it_has_ended(self, chat: Chat) -> None:
        chat.posts("Are you there?")
        chat.ends()
        chat.passes(minutes=3)

        assert ticks(chat) == 0

    def test_waits_as_long_as_the_workstream_says(self, tmp_path: Path) -> None:
        with a_chat(tmp_path) as chat:
            chat.has_workstream(scenario_id=None, auto_close=AutoClose(gone_minutes=7))
            chat.opens()
            chat.bot_escalates()
            chat.is_offered_to(NINA)
            chat.accepts(NINA)

            chat.passes(minutes=7, seconds=-1)
            assert ticks(chat) == 0
            chat.passes(seconds=1)
            assert ticks(chat) == 1

    def test_is_released_once(self, chat: Chat) -> None:
        chat.posts("Are you there?")
        chat.passes(minutes=3)
        due = CloseIdleConversation(TALK, chat.now_is.changed_at)

        chat.close_idle(due, now=chat.now)
        chat.close_idle(due, now=chat.now)

        assert (chat.now_is.round, len(chat.told("OfferWork"))) == (2, 2)

    def test_is_left_alone_by_word_of_an_earlier_wait(self, chat: Chat) -> None:
        chat.finds(NINA, "offline")
        chat.posts("Are you there?")
        due = CloseIdleConversation(TALK, chat.now_is.changed_at)
        chat.passes(minutes=3)
        chat.says("Yes.", named="m-2")
        chat.posts("One more thing.")

        chat.close_idle(due, now=chat.now)

        assert chat.now_is.served_by == representative_id(NINA)

    def test_shows_on_the_board_since_when(self, chat: Chat) -> None:
        chat.posts("Are you there?")
        since = chat.now
        chat.passes(minutes=1)
        chat.posts("Hello?")

        (row,) = ListConversations(chat.house.documents)(WhichConversations("active")).conversations

        assert row.unanswered_since == since


class TestAnAnswerInThatVeryMoment:
    def test_is_heard_where_it_comes_first(self, chat: Chat) -> None:
        chat.posts("Are you there?")
        chat.passes(minutes=3)
        due = CloseIdleConversation(TALK, chat.now_is.changed_at)
        whole = chat.house.documents
        chat.speaks_through(
            Interrupted(whole, "read", lambda: Chat(chat.house).says("I am here.", named="m-2"))
        )

        with pytest.raises(LostRace):
            chat.close_idle(due, now=chat.now)
        chat.close_idle(due, now=chat.now)

        assert (chat.now_is.served_by, chat.texts()[-1]) == (representative_id(NINA), "I am here.")

    def test_is_no_longer_theirs_to_give_where_it_comes_second(self, chat: Chat) -> None:
        chat.posts("Are you there?")
        chat.passes(minutes=3)
        due = CloseIdleConversation(TALK, chat.now_is.changed_at)
        whole = chat.house.documents
        chat.speaks_through(
            Interrupted(whole, "read", lambda: Chat(chat.house).close_idle(due, now=chat.now))
        )

        with pytest.raises(LostRace):
            chat.says("I am here.", named="m-2")
        with pytest.raises(NoSuchConversation):
            chat.says("I am here.", named="m-2")

        assert "I am here." not in chat.texts()
        chat.is_offered_to(OMAR)
        chat.accepts(OMAR)
        assert chat.now_is.owner.name == "Omar"
