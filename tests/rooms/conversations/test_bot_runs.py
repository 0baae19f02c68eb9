"""Whatever passes the definitions and whatever is heard: the bot never raises, loops, or hands over twice."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from shared.adapters.codec import from_json, to_json
from shared.conversations.bot.definitions import drafted, problems
from shared.conversations.bot.engine import MOST_STEPS, STEPS, begin, hear, hear_booking, hear_slots
from shared.conversations.bot.model import (
    BookingOutcome,
    BookSlot,
    BotStanding,
    EndConversation,
    Escalate,
    Heard,
    OfferedSlot,
    Scenario,
    ScenarioDraft,
    Turn,
)
from tests.rooms.conversations.bot_scripts import a_draft

AT = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
NAMES = ("name", "email", "age", "topic")
WAITING = {"prompt", "form", "confirm", "book"}
MENU = ("Refill", "A nurse", "Opening hours")
USUAL = st.sampled_from(
    ("", "yes", "No thanks", "Refill", "a nurse", "agent!", "Mon", "Mon (2)", "None of these")
)
AWKWARD = st.sampled_from(("7", "2026-02-30", "29.3.2026", "{name}", "=1+1", "\x00\u202e\ud800", "a" * 5000))
WORDS = USUAL | AWKWARD | st.text(max_size=30)
NASTY: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
VALUES = st.none() | st.dictionaries(st.sampled_from((*NAMES, "step")), NASTY, max_size=5)
HEARD = st.builds(Heard, WORDS, VALUES)
SLOTS = st.lists(
    st.builds(OfferedSlot, st.text(max_size=5), st.just(AT), st.sampled_from(("Mon", "Mon (2)", "")) | WORDS),
    max_size=6,
)
OUTCOMES = st.builds(BookingOutcome, st.just(AT)) | st.just(BookingOutcome(None, "SlotAlreadyTaken"))
EVENTS = st.lists(HEARD | SLOTS | OUTCOMES, max_size=25)
TEXTS = st.sampled_from(("Hello {name}.", "{age} {nobody} {", "Well?"))


def a_field(named: str, kind: str, *, required: bool) -> dict[str, Any]:
    choices = list(MENU) if kind == "choice" else []
    return {"id": named, "label": named, "type": kind, "required": required, "choices": choices}


def joined(how: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {how: parts}


def from_variable(named: str) -> dict[str, str]:
    return {"variable": named}


def named(field: dict[str, Any]) -> str:
    return str(field["id"])


FIELDS = st.lists(
    st.builds(
        a_field,
        st.sampled_from(NAMES),
        st.sampled_from(("text", "email", "number", "date", "choice")),
        required=st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=named,
)
CONTEXTS = st.dictionaries(
    st.sampled_from(("EscalateToAgent", "Topic")),
    st.integers(-5, 5) | st.just("refill") | st.builds(from_variable, st.sampled_from(NAMES)),
)
COMPARISONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "variable": st.sampled_from(NAMES),
        "operator": st.sampled_from(("equals", "not_equals", "contains", "above", "below", "is_set")),
        "value": st.sampled_from((7, "8", "2026-03-29")),
    }
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.builds(
        joined,
        st.sampled_from(("all_of", "any_of")),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=4,
)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Draw a scenario that may be kept; ways that are gone at once mostly lead on, the others anywhere."""
    kinds = [*draw(st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=7)), "escalate"]
    drawn = [a_step(draw, kind, number, len(kinds)) for number, kind in enumerate(kinds)]
    escape = draw(CONTEXTS)
    draft = a_draft(*drawn, escape_words=["agent", "A nurse"], escape_context=escape, escape_text="Moment.")
    assume(not problems("a-talk", draft))
    return drafted("a-talk", draft, None)


def a_step(draw: st.DrawFn, kind: str, number: int, of: int) -> dict[str, Any]:
    anywhere = st.integers(0, of - 1).map("s{}".format)
    ahead = st.integers(min(number + 1, of - 1), of - 1).map("s{}".format)
    text, retries = draw(TEXTS), draw(st.integers(0, 2))
    asks = {"ask": text, "otherwise": draw(anywhere), "retries": retries, "next": draw(st.none() | anywhere)}
    step: Mapping[str, Any]
    match kind:
        case "statement":
            step = {"text": text, "next": draw(st.none() | ahead)}
        case "prompt":
            asked = draw(st.sampled_from(("text", "number", "date", "choice")))
            choices = list(MENU) if asked == "choice" else []
            step = asks | {"variable": draw(st.sampled_from(NAMES)), "type": asked, "choices": choices}
        case "form":
            step = asks | {"fields": draw(FIELDS)}
        case "confirm":
            step = asks | {"no": draw(anywhere)}
        case "branch":
            step = {"when": draw(CONDITIONS), "then": draw(ahead), "otherwise": draw(st.none() | ahead)}
        case "book":
            step = asks | {"otherwise": draw(ahead), "most": draw(st.integers(1, 9)), "reason": text}
        case _:
            step = {"context": draw(CONTEXTS), "text": text}
    return {"kind": kind, "id": f"s{number}", **step}


def go_on(scenario: Scenario, standing: BotStanding, event: object) -> Turn:
    match event:
        case Heard():
            return hear(scenario, standing, event)
        case BookingOutcome():
            return hear_booking(scenario, standing, event)
        case _:
            assert isinstance(event, list)
            return hear_slots(scenario, standing, event)  # pyright: ignore[reportUnknownArgumentType]  # a list of slots, by EVENTS


def is_legal(scenario: Scenario, turn: Turn) -> bool:
    """Say whether the turn ends where a bot may stand, and asks for what it waits for."""
    standing = turn.standing
    if standing.is_over:
        return standing.awaits == "words" and turn.wants is None and not isinstance(turn.command, BookSlot)
    at = {step.id: step.kind for step in scenario.steps}[standing.position or ""]
    waits_for_booking = at == "book" and standing.chosen is not None
    return at in WAITING and (standing.awaits != "booking" or waits_for_booking)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(scenarios(), EVENTS)
def test_any_talk_comes_to_rest_after_every_word(scenario: Scenario, events: list[object]) -> None:
    turn = begin(scenario, {"name": "Ada\x00", "age": 81})
    turns = [turn]

    for event in events:
        turn = go_on(scenario, turn.standing, event)
        turns.append(turn)

    farewells = [turn for turn in turns if isinstance(turn.command, Escalate | EndConversation)]
    assert all(is_legal(scenario, turn) for turn in turns)
    assert len(farewells) == turn.standing.is_over
    assert all(len(turn.said) <= MOST_STEPS + 2 for turn in turns)
    assert all(turn.standing.is_over for turn in farewells)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(scenarios(), EVENTS)
def test_a_standing_that_was_kept_goes_on_as_if_it_had_not_been(
    scenario: Scenario, events: list[object]
) -> None:
    kept = from_json(to_json(scenario), Scenario)
    turn = begin(scenario, {})
    again = begin(kept, {})

    for event in events:
        turn = go_on(scenario, turn.standing, event)
        again = go_on(kept, from_json(to_json(again.standing), BotStanding), event)

        assert again == turn
        assert to_json(turn)


@settings(max_examples=100, deadline=None)
@given(WORDS, VALUES)
def test_whoever_is_handed_over_hears_no_more_of_the_bot(words: str, value: Any) -> None:
    scenario = drafted("a-talk", ScenarioDraft("A talk", a_draft(PERSON).steps), None)
    over = begin(scenario, {}).standing

    turn = hear(scenario, over, Heard(words, value))

    assert turn == Turn((), over)


PERSON = {"kind": "escalate", "id": "person"}
