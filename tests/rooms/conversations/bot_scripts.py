"""Scenarios of a few steps, for tests of the bot."""

import json
from typing import Any

from shared.adapters.codec import from_json
from shared.conversations.bot.definitions import drafted
from shared.conversations.bot.model import Scenario, ScenarioDraft


def a_draft(*steps: dict[str, Any], **more: Any) -> ScenarioDraft:
    """Read a draft as it would be posted."""
    return from_json(
        json.dumps({"name": "A talk", "steps": list(steps), **more}), ScenarioDraft, strangers=False
    )


def a_scenario(*steps: dict[str, Any], **more: Any) -> Scenario:
    """Make a scenario that may be kept."""
    return drafted("a-talk", a_draft(*steps, **more), None)


def statement(named: str = "say", text: str = "Good day.", **more: Any) -> dict[str, Any]:
    return {"kind": "statement", "id": named, "text": text, **more}


def prompt(named: str = "ask", **more: Any) -> dict[str, Any]:
    asked = {"kind": "prompt", "id": named, "ask": "Your answer?", "variable": "answer"}
    return asked | {"otherwise": "person"} | more


def form(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = {"kind": "form", "id": "form", "ask": "Please fill in.", "fields": list(fields)}
    return asked | {"otherwise": "person"} | more


def confirm(named: str = "sure", **more: Any) -> dict[str, Any]:
    asked = {"kind": "confirm", "id": named, "ask": "Is that right?", "no": "person"}
    return asked | {"otherwise": "person"} | more


def branch(when: dict[str, Any], named: str = "which", **more: Any) -> dict[str, Any]:
    return {"kind": "branch", "id": named, "when": when, "then": "person", **more}


def book(**more: Any) -> dict[str, Any]:
    return {"kind": "book", "id": "book", "ask": "Which time?", "otherwise": "person", **more}


def person(**more: Any) -> dict[str, Any]:
    return {"kind": "escalate", "id": "person", **more}


def end(**more: Any) -> dict[str, Any]:
    return {"kind": "end", "id": "end", **more}
