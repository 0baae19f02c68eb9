from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.conversations.conversation import NOBODY, Conversation, Owner, moved
from shared.conversations.lifecycle import CLOSED, FIRST, TABLE, Event, OwnerKind, State, after
from shared.conversations.model import BotNoLongerOwnsIt, ConversationIsOver, NotPossibleNow
from shared.kernel.refusals import Conflict

MONDAY = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
EVENTS: tuple[Event, ...] = get_args(Event)
STATES: tuple[State, ...] = get_args(State)
OWNERS: tuple[OwnerKind, ...] = get_args(OwnerKind)
OWNED_BY = {
    "active": {"bot", "representative"},
    "open": {"queue"},
    "wrap_up": {"representative"},
    "closed": {"nobody"},
}
CV6 = {
    ("active", "bot"): {"open", "closed"},
    ("open", "queue"): {"active", "closed"},
    ("active", "representative"): {"wrap_up", "open"},
    ("wrap_up", "representative"): {"closed"},
    ("closed", "nobody"): set[str](),
}
"""What a state may become, copied from the capability and not from the table."""


def a_conversation() -> Conversation:
    return Conversation(
        id="talk",
        patient_id=None,
        user_id="dl_1",
        workstream_id="live-chat",
        state="active",
        owner=Owner("bot", "refill"),
        started_at=MONDAY,
        changed_at=MONDAY,
    )


class TestAnySequenceOfEvents:
    @given(st.lists(st.sampled_from(EVENTS), max_size=30))
    def test_keeps_a_conversation_legal_and_owned_once_and_never_reopens_it(
        self, events: list[Event]
    ) -> None:
        conversation = a_conversation()

        for event in events:
            before = conversation
            try:
                _, kind = after(before.lifecycle, event)
                owner = before.owner if kind == before.owner.kind else Owner(kind, f"some-{kind}")
                conversation = moved(before, event, MONDAY, to=owner)
            except Conflict:
                conversation = before

            assert conversation.owner.kind in OWNED_BY[conversation.state]
            if conversation.lifecycle != before.lifecycle:
                assert conversation.state in CV6[before.lifecycle]
            if before.is_closed:
                assert conversation == before


class TestTheTable:
    def test_leads_only_to_what_capability_cv6_allows(self) -> None:
        moves = {(before, following) for (before, _), following in TABLE.items() if before != following}

        assert all(following[0] in CV6[before] for before, following in moves)
        assert {state for _, (state, _) in moves} == {"open", "active", "wrap_up", "closed"}

    def test_has_no_way_back_out_of_closed(self) -> None:
        for event in EVENTS:
            with pytest.raises(Conflict):
                after(CLOSED, event)

    def test_begins_with_the_bot(self) -> None:
        assert FIRST == ("active", "bot")

    @pytest.mark.parametrize(
        ("event", "refusal"),
        [
            ("patient_spoke", ConversationIsOver),
            ("bot_spoke", BotNoLongerOwnsIt),
            ("accepted", NotPossibleNow),
        ],
    )
    def test_says_no_in_the_words_of_whoever_asked(self, event: Event, refusal: type[Conflict]) -> None:
        with pytest.raises(refusal):
            after(CLOSED, event)

    def test_knows_a_way_for_every_event(self) -> None:
        assert {event for _, event in TABLE} == set(EVENTS)


class TestMoving:
    def test_refuses_an_owner_that_the_table_does_not_name(self) -> None:
        with pytest.raises(ValueError, match="makes a queue the owner"):
            moved(a_conversation(), "bot_escalated", MONDAY, to=NOBODY)

    def test_lets_a_talk_with_a_representative_never_close_by_itself(self) -> None:
        waits = moved(a_conversation(), "bot_escalated", MONDAY, to=Owner("queue", "q"))
        talks = moved(waits, "accepted", MONDAY, to=Owner("representative", "r"))
        wraps_up = moved(talks, "representative_ended", MONDAY)

        minutes = [
            (one.closes_at - MONDAY).total_seconds() / 60 if one.closes_at else None
            for one in (waits, talks, wraps_up)
        ]
        assert minutes == [20, None, 15]
