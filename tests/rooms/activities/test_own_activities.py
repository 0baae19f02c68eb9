"""What our own flows did stands in the patient's timeline, once (UN-13)."""

from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.access.model import Caller, Role
from shared.activities.activity_types import ActivityTypeDraft
from shared.activities.house_types import HOUSE_TYPES
from shared.activities.list_own_activities import ListOwnActivities
from shared.activities.note_own_activity import NoteOwnActivity, OwnFact
from shared.activities.put_activity_type import PutActivityType
from shared.activities.timeline import WhichActivities
from shared.appointments.model import AppointmentChanged
from shared.conversations.model import ConversationClosed
from shared.kernel.identity import PatientId
from shared.surveys.model import SurveyAnswered
from tests.support.house import House, a_house

KEEPER = Caller("olga", "https://issuer", frozenset({Role.DATA_ADMINISTRATOR}))
MARIA = PatientId("maria")
MONDAY = datetime(2026, 3, 23, 9, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 24, 9, tzinfo=UTC)
BOOKED = AppointmentChanged(MARIA, "visit", 1, "booked", datetime(2026, 4, 1, 9, tzinfo=UTC), MONDAY)
MOVED = replace(BOOKED, change=2, happened="moved", changed_at=TUESDAY)
ANSWERED = SurveyAnswered("csat", "1a", MARIA, TUESDAY.replace(hour=13))
CLOSED = ConversationClosed("talk", MARIA, None, "CustomerEndConversation", 7, TUESDAY.replace(hour=12))


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path) as one:
        yield one


def seen(house: House) -> list[tuple[str, str | None, datetime]]:
    found = ListOwnActivities(house.documents)(WhichActivities(), patient_id=MARIA)
    return [(one.name, one.event, one.at) for one in found.activities]


class TestOwnActivities:
    @pytest.mark.parametrize("facts", [(BOOKED, MOVED, CLOSED, ANSWERED), (ANSWERED, CLOSED, MOVED, BOOKED)])
    def test_stand_there_once_in_whatever_order_they_are_told(
        self, house: House, facts: tuple[OwnFact, ...]
    ) -> None:
        note = NoteOwnActivity(house.documents)

        for fact in (*facts, *facts):
            note(fact, now=house.clock.now())

        assert seen(house) == [
            ("Survey", "answered", ANSWERED.answered_at),
            ("Conversation", "CustomerEndConversation", CLOSED.closed_at),
            ("Appointment", "moved", TUESDAY),
            ("Appointment", "booked", MONDAY),
        ]

    def test_are_in_no_timeline_once_the_house_hides_their_type(self, house: House) -> None:
        NoteOwnActivity(house.documents)(CLOSED, now=house.clock.now())
        ours = HOUSE_TYPES["house-conversations"]
        hidden = ActivityTypeDraft(
            ours.name, ours.source, ours.kind, ours.fields, is_hidden=True, is_clinical=False
        )

        PutActivityType(house.documents)(
            hidden, type_id=ours.id, caller=KEEPER, now=house.clock.now(), if_match=None
        )

        assert seen(house) == []

    def test_of_a_conversation_with_nobody_we_know_are_nobodys(self, house: House) -> None:
        NoteOwnActivity(house.documents)(replace(CLOSED, patient_id=None), now=house.clock.now())

        assert seen(house) == []
