"""Nobody is promised to who comes when we are closed (RT-14, CV-13)."""

from collections.abc import Generator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from shared.access.model import ChatVisitor
from shared.calendars.holiday_rules import HolidayRules
from shared.calendars.model import OperatingHours, Weekday, Window
from shared.conversations.model import CloseIdleConversation
from shared.conversations.opening_hours import CALLED_BACK, COME_BACK, PLEASE_WAIT, closed_words
from shared.kernel.clock import StoppedClock
from tests.rooms.conversations.chat import ADAS, NINA, STRANGER, TALK, Chat, a_chat

WORKDAYS = tuple(Weekday)[:5]
OFFICE = OperatingHours("Europe/London", (Window(WORKDAYS, time(8), time(17)),), HolidayRules("GB", "ENG"))
MAUNDY_THURSDAY_EVENING = datetime(2026, 4, 2, 18, 0, tzinfo=UTC)
SATURDAY_BEFORE_THE_CLOCKS_CHANGE = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
def chat(tmp_path: Path) -> Generator[Chat]:
    with a_chat(tmp_path, clock=StoppedClock(MAUNDY_THURSDAY_EVENING)) as chat:
        chat.has_queue(OFFICE)
        yield chat


def comes(chat: Chat, visitor: ChatVisitor = ADAS) -> None:
    chat.has_workstream(scenario_id=None)
    chat.opens(visitor)
    chat.bot_escalates(topic="nurse")


class TestWhoComesOutOfHours:
    def test_is_told_when_we_open_after_the_holidays(self, chat: Chat) -> None:
        comes(chat)

        (said,) = chat.texts()
        assert "open again on Tuesday 7 April, 08:00 (Europe/London time)" in said
        assert said.endswith(CALLED_BACK)
        assert PLEASE_WAIT not in said

    def test_is_told_to_come_again_where_we_do_not_know_them(self, chat: Chat) -> None:
        comes(chat, STRANGER)

        (said,) = chat.texts()
        assert said.endswith(COME_BACK)
        assert CALLED_BACK not in said

    def test_is_called_back_also_when_they_do_not_stay(self, chat: Chat) -> None:
        comes(chat)

        chat.leaves()

        (task,) = chat.told("CreateTask")
        assert (task["code"], task["patient_id"]) == ("call-back", "ada")
        assert "closed" in task["description"]

    def test_is_called_back_once_when_nobody_comes(self, chat: Chat) -> None:
        comes(chat)
        chat.passes(minutes=20)
        due = CloseIdleConversation(TALK, chat.now_is.changed_at)

        chat.close_idle(due, now=chat.now)
        chat.close_idle(due, now=chat.now)

        assert len(chat.told("CreateTask")) == 1

    def test_has_nobody_called_whom_we_do_not_know(self, chat: Chat) -> None:
        comes(chat, STRANGER)

        chat.leaves(STRANGER)

        assert chat.told("CreateTask") == []

    def test_is_answered_by_who_is_in_all_the_same(self, chat: Chat) -> None:
        comes(chat)
        chat.is_offered_to(NINA)
        chat.accepts(NINA)
        chat.says("I am in late.")
        chat.leaves()

        chat.closes()

        assert len(chat.told("OfferWork")) == 1
        assert chat.told("CreateTask") == []

    def test_is_not_promised_anybody_when_given_back_either(self, chat: Chat) -> None:
        comes(chat)
        chat.is_offered_to(NINA)
        chat.accepts(NINA)

        chat.releases()

        assert PLEASE_WAIT not in chat.texts()


class TestWhoComesInHours:
    def test_is_promised_somebody_and_not_called_when_they_leave(self, tmp_path: Path) -> None:
        noon = MAUNDY_THURSDAY_EVENING - timedelta(hours=6)
        with a_chat(tmp_path, clock=StoppedClock(noon)) as chat:
            chat.has_queue(OFFICE)
            comes(chat)
            chat.leaves()

            assert chat.texts()[0] == PLEASE_WAIT
            assert chat.told("CreateTask") == []

    def test_of_a_queue_that_is_not_there_is_promised_somebody(self, tmp_path: Path) -> None:
        with a_chat(tmp_path) as chat:
            comes(chat)

            assert chat.texts() == [PLEASE_WAIT]


class TestTheWords:
    def test_go_by_the_clock_on_the_wall_after_it_has_changed(self) -> None:
        """08:00 on Monday is 07:00 UTC then, and was 08:00 UTC on Friday."""
        said = closed_words(OFFICE, SATURDAY_BEFORE_THE_CLOCKS_CHANGE)

        assert "Monday 30 March, 08:00" in said

    def test_name_no_day_where_we_never_open(self) -> None:
        assert closed_words(OperatingHours("UTC", ()), MAUNDY_THURSDAY_EVENING) == (
            "We are closed at the moment."
        )
