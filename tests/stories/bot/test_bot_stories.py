"""Every talk in this folder, held with the bot's engine: is this what a nurse would have it say?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.codec import from_plain
from shared.conversations.bot import engine
from shared.conversations.bot.definitions import drafted
from shared.conversations.bot.model import (
    BookingOutcome,
    BookSlot,
    BotStanding,
    Command,
    Escalate,
    Heard,
    OfferedSlot,
    Said,
    Scenario,
    ScenarioDraft,
    SlotsWanted,
    Turn,
)
from shared.conversations.bot.steps.outcome import Outcome

HERE = Path(__file__).parent
SHIPPED = HERE.parents[2] / "local" / "story_definitions" / "scenarios"
STORIES = sorted(HERE.glob("*.json"))
A_DAY_IN_MARCH = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)


def told(story: Path) -> dict[str, Any]:
    return json.loads(story.read_text(encoding="utf-8"))


class TestStories:
    @pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
    def test_come_out_as_they_are_told(self, story: Path) -> None:
        tale = told(story)

        held = Talk(scenario_of(tale)).held(tale)

        assert held == tale["talk"]

    def test_come_to_every_kind_of_step(self, monkeypatch: pytest.MonkeyPatch) -> None:
        visited: set[str] = set()
        for name, kind in engine.STEPS.items():

            def arrive(
                step: Any, standing: BotStanding, name: str = name, kind: Any = kind
            ) -> Outcome:  # bound now, for the loop goes on
                visited.add(name)
                return kind.arrive(step, standing)

            monkeypatch.setitem(engine.STEPS, name, replace(kind, arrive=arrive))

        for story in STORIES:
            tale = told(story)
            Talk(scenario_of(tale)).held(tale)

        assert visited == set(engine.STEPS)


def scenario_of(tale: dict[str, Any]) -> Scenario:
    """Take the scenario that ships, by its name, or the one in the story."""
    given = tale["scenario"]
    if isinstance(given, str):
        given = json.loads((SHIPPED / f"{given}.json").read_text(encoding="utf-8"))
    return drafted("the-scenario", from_plain(given, ScenarioDraft, strangers=False), None)


@dataclass
class Talk:
    """Holds the talk: what happens is said again as it was told, what comes of it as lines."""

    scenario: Scenario
    lines: list[Any] = field(default_factory=list[Any])

    def held(self, tale: dict[str, Any]) -> list[Any]:
        turn = engine.begin(self.scenario, tale.get("knows", {}))
        self.lines += lines_of(turn)
        for event in (entry for entry in tale["talk"] if not isinstance(entry, str)):
            turn = self.happen(event, turn.standing)
            self.lines += [event, *lines_of(turn)]
        return self.lines

    def happen(self, event: dict[str, Any], standing: BotStanding) -> Turn:
        match event:
            case {"patient": words}:
                return engine.hear(self.scenario, standing, Heard(words))
            case {"patient fills in": answers}:
                return engine.hear(self.scenario, standing, Heard(value=answers))
            case {"free times": labels}:
                slots = [
                    OfferedSlot(f"time {number}", A_DAY_IN_MARCH, label)
                    for number, label in enumerate(labels, 1)
                ]
                return engine.hear_slots(self.scenario, standing, slots)
            case {"the booking": "stands"}:
                return engine.hear_booking(self.scenario, standing, BookingOutcome(A_DAY_IN_MARCH))
            case {"the booking": refusal}:
                return engine.hear_booking(self.scenario, standing, BookingOutcome(None, refusal))
            case _:
                pytest.fail(f"nobody knows what happens in {event}")


def lines_of(turn: Turn) -> Iterator[str]:
    for said in turn.said:
        yield from lines_of_said(said)
    if turn.wants is not None:
        yield line_of_wish(turn.wants)
    if turn.command is not None:
        yield from lines_of_command(turn.command)


def lines_of_said(said: Said) -> Iterator[str]:
    yield f"bot: {said.text}"
    for card in said.attachments:
        content = card["content"]
        if "buttons" in content:
            yield f"buttons: {' | '.join(button['title'] for button in content['buttons'])}"
        else:
            yield f"form: {' | '.join(spelt(asked) for asked in content['body'])}"


def spelt(asked: dict[str, Any]) -> str:
    filled_in = f" [{asked['value']}]" if "value" in asked else ""
    return asked["label"] + ("" if asked["isRequired"] else " (if you like)") + filled_in


def line_of_wish(wants: SlotsWanted) -> str:
    specialty, mode = wants.specialty or "any specialty", wants.mode or "anyhow"
    return f"looks for: up to {wants.most} times within {wants.days} days, {specialty}, {mode}"


def lines_of_command(command: Command) -> Iterator[str]:
    match command:
        case BookSlot():
            yield f"books: {command.slot_id} ({command.reason.value})"
        case Escalate():
            yield f"hands over with: {spelt_context(command.context)}"
            yield f"tells the representative: {command.summary}"
        case _:
            yield f"ends with: {spelt_context(command.context)}"


def spelt_context(context: Any) -> str:
    return ", ".join(f"{name}={value}" for name, value in context.items()) or "nothing"
