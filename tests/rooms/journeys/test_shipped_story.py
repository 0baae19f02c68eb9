"""What ships for appointments and segments can be kept, is whole, and says nothing of health in a text."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from shared.adapters.codec import from_json
from shared.journeys.definitions import drafted
from shared.journeys.model import CreateTaskStep, JourneyDraft, OnAppointment, OnSegment, SendMessageStep
from shared.messaging.gate.rendering import check_readable
from shared.messaging.gate.template_language import filled
from shared.messaging.model import Channel
from shared.messaging.template import TemplateContent, Variant, checked

SHIPPED = Path(__file__).parents[3] / "local" / "story_definitions"
WHEN = {"appointment_at": "2026-11-25T16:40:00+01:00"}
"""A Wednesday, which is long in every language."""
APPOINTMENT = {
    **WHEN,
    "appointment_with": "Dr Ada Holm",
    "appointment_place": "North Clinic",
    "appointment_mode": "in_person",
}
VIDEO = re.compile("by video|por vídeo|via video|por videollamada")
THREE_TEXTS = 3 * 67
"""Characters in three parts of UCS-2, which is what letters beyond GSM 03.38 cost."""
T = TypeVar("T")


def shipped(kind: str, of: type[T]) -> dict[str, T]:
    """Read the definitions about appointments and segments, as strictly as the door would."""
    paths = [path for about in ("appointment", "segment") for path in (SHIPPED / kind).glob(f"{about}*.json")]
    return {path.stem: from_json(path.read_bytes(), of, strangers=False) for path in paths}


JOURNEYS = shipped("journeys", JourneyDraft)
TEMPLATES = shipped("templates", TemplateContent)


def written(appointment: dict[str, str] = APPOINTMENT) -> Iterator[tuple[str, Variant, str]]:
    """Give all that would be sent by the steps of the journeys, in every language."""
    for name, draft in JOURNEYS.items():
        about = appointment if isinstance(draft.starts_on, OnAppointment) else {}
        for step in (step for step in draft.steps if isinstance(step, SendMessageStep)):
            for variant in TEMPLATES[step.template_id].variants:
                if variant.channel is step.channel:
                    words = {**step.values, **about}
                    yield name, variant, filled(variant.text, words, language=variant.language)


class TestWhatShips:
    @pytest.mark.parametrize("name", JOURNEYS)
    def test_can_be_kept(self, name: str) -> None:
        assert drafted(name, JOURNEYS[name], None).state == "live"

    @pytest.mark.parametrize("name", TEMPLATES)
    def test_can_be_sent(self, name: str) -> None:
        for variant in checked(TEMPLATES[name]).variants:
            check_readable(variant)

    def test_speaks_of_what_ships_too(self) -> None:
        steps = [step for draft in JOURNEYS.values() for step in draft.steps]

        asked = {step.template_id for step in steps if isinstance(step, SendMessageStep)}

        assert asked == set(TEMPLATES)

    def test_begins_on_each_of_the_newer_beginnings(self) -> None:
        starts = [draft.starts_on for draft in JOURNEYS.values()]

        happened = {each for start in starts if isinstance(start, OnAppointment) for each in start.happened}
        segments = {start.segment_id for start in starts if isinstance(start, OnSegment)}

        assert happened == {"booked", "moved", "cancelled"}
        assert segments == {"diabetes-out-of-range"}
        assert any(isinstance(step, CreateTaskStep) for draft in JOURNEYS.values() for step in draft.steps)

    def test_leaves_no_gap_and_fits_into_a_text_message(self) -> None:
        texts = [(name, text) for name, variant, text in written() if variant.channel is Channel.SMS]

        assert texts
        assert [name for name, text in texts if len(text) > THREE_TEXTS] == []

    def test_says_when_the_appointment_is(self) -> None:
        texts = [text for name, _, text in written() if name.startswith("appointment")]

        assert texts
        assert all(re.search(r"\b25\b.*\b(16[.:]40|4:40)", text) for text in texts)

    def test_says_where_it_is_and_with_whom(self) -> None:
        texts = [text for name, _, text in written() if name.startswith("appointment")]

        assert texts
        assert all("Dr Ada Holm" in text and "North Clinic" in text for text in texts)
        assert not any(VIDEO.search(text) for text in texts)

    def test_says_that_it_is_by_video(self) -> None:
        by_video = APPOINTMENT | {"appointment_mode": "virtual"}
        texts = [text for name, _, text in written(by_video) if name.startswith("appointment")]

        assert texts
        assert all(VIDEO.search(text) and "North Clinic" not in text for text in texts)

    def test_has_no_gap_where_nobody_knows_more_than_when(self) -> None:
        texts = [text for name, _, text in written(WHEN) if name.startswith("appointment")]

        assert texts
        assert not any(re.search(r"\s[,.:]|  |,,", text) for text in texts)

    def test_says_nothing_of_health_to_whom_it_may_not_concern(self) -> None:
        revealing = re.compile(
            r"a1c|sugar|diabet|socker|az[uú]car|açúcar|glic|gluc|out of range", re.IGNORECASE
        )

        assert [name for name, _, text in written() if revealing.search(text)] == []
