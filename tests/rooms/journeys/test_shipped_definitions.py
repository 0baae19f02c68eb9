"""What ships as the example is kept as it stands, and says nothing of anybody's health in a text message."""

import json
import re
from pathlib import Path
from typing import TypeVar

import pytest

from shared.adapters.codec import from_json
from shared.journeys.definitions import drafted as drafted_journey
from shared.journeys.model import JourneyDraft, SendMessageStep
from shared.messaging.gate.rendering import check_readable
from shared.messaging.model import Channel
from shared.messaging.template import TemplateContent, Variant, checked
from shared.triggers.definitions import drafted as drafted_trigger
from shared.triggers.model import TriggerDraft

SHIPPED = Path(__file__).parents[3] / "local" / "flow_definitions"
LANGUAGES = {"pt-BR", "sv-SE", "en", "es"}
T = TypeVar("T")


def shipped(kind: str, of: type[T]) -> dict[str, T]:
    """Read all definitions of a kind, as strictly as the door would."""
    return {
        path.stem: from_json(path.read_bytes(), of, strangers=False)
        for path in (SHIPPED / kind).glob("*.json")
    }


TEMPLATES = shipped("templates", TemplateContent)
VARIANTS = [(name, variant) for name, content in TEMPLATES.items() for variant in content.variants]


def messages() -> list[SendMessageStep]:
    journeys = shipped("journeys", JourneyDraft).values()
    return [step for journey in journeys for step in journey.steps if isinstance(step, SendMessageStep)]


class TestShippedDefinitions:
    def test_can_be_kept(self) -> None:
        triggers = shipped("triggers", TriggerDraft)
        journeys = shipped("journeys", JourneyDraft)

        assert [drafted_trigger(name, draft, 1).state for name, draft in triggers.items()] == ["ready_to_use"]
        assert [drafted_journey(name, draft, None).state for name, draft in journeys.items()] == ["live"]
        assert {draft.starts_on for draft in journeys.values()} <= set(triggers)

    def test_speak_of_templates_that_ship_too(self) -> None:
        channels = {(name, variant.channel) for name, variant in VARIANTS}

        assert {(step.template_id, step.channel) for step in messages()} <= channels

    @pytest.mark.parametrize("name", TEMPLATES)
    def test_speak_the_four_languages(self, name: str) -> None:
        assert {variant.language for variant in checked(TEMPLATES[name]).variants} == LANGUAGES

    @pytest.mark.parametrize(("name", "variant"), VARIANTS, ids=lambda part: getattr(part, "language", part))
    def test_leave_no_gap(self, name: str, variant: Variant) -> None:
        check_readable(variant)
        given = [set(step.values) for step in messages() if step.template_id == name]

        asked = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps([variant.text, variant.subject, variant.html])))

        assert asked
        assert all(asked <= values for values in given)

    @pytest.mark.parametrize(
        "variant",
        [variant for _, variant in VARIANTS if variant.channel is Channel.SMS],
        ids=lambda v: v.language,
    )
    def test_say_nothing_of_health_in_a_text_message(self, variant: Variant) -> None:
        assert not re.search(
            r"\d|%|a1c|sugar|diabet|socker|az[uú]car|açúcar|glic|gluc", variant.text, re.IGNORECASE
        )
