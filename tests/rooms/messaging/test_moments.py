"""Dates and times in messages: on the wall where the appointment is, in the reader's language."""

import pytest

from shared.kernel.sensitive import Sensitive
from shared.messaging.gate.rendering import check_readable, render
from shared.messaging.gate.situation import Refuse
from shared.messaging.gate.template_language import filled
from shared.messaging.model import Channel, Reason, Rendered
from shared.messaging.template import Variant
from tests.rooms.messaging.builders import a_profile, a_situation, a_template, an_order

MORNING = "2026-03-30T09:20:00+01:00"


def written(text: str, language: str, moment: str = MORNING) -> str:
    return filled(text, {"appointment_at": moment}, language=language)


class TestMoments:
    @pytest.mark.parametrize(
        ("language", "day", "clock"),
        [
            ("en-GB", "Monday, 30 March 2026", "09:20"),
            ("en", "Monday, March 30, 2026", "9:20 AM"),
            ("pt-BR", "segunda-feira, 30 de março de 2026", "09:20"),
            ("sv-SE", "måndag 30 mars 2026", "09:20"),
            ("es", "lunes, 30 de marzo de 2026", "9:20"),
            ("sv-Narnia", "måndag 30 mars 2026", "09:20"),
            ("tlh", "Monday, March 30, 2026", "9:20 AM"),
            ("", "Monday, March 30, 2026", "9:20 AM"),
        ],
    )
    def test_are_written_in_the_language_of_the_message(self, language: str, day: str, clock: str) -> None:
        assert written("{{ appointment_at | day }}", language) == day
        assert written("{{ appointment_at | clock }}", language) == clock

    def test_are_told_by_their_own_offset(self) -> None:
        late = "2026-03-28T23:30:00-03:00"

        assert written("{{ appointment_at | day }} {{ appointment_at | clock }}", "sv-SE", late) == (
            "lördag 28 mars 2026 23:30"
        )

    def test_fit_into_the_alphabet_of_text_messages(self) -> None:
        assert written("{{ appointment_at | clock }}", "en").isascii()

    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({}, Reason.TEMPLATE_INCOMPLETE),
            ({"appointment_at": "next week"}, Reason.TEMPLATE_BROKEN),
            ({"appointment_at": "9" * 10_000}, Reason.TEMPLATE_BROKEN),
        ],
    )
    def test_leave_no_gap_and_guess_nothing(self, values: dict[str, str], reason: Reason) -> None:
        assert reminder(values) == Refuse(reason)

    def test_are_written_in_the_variant_that_the_person_reads(self) -> None:
        rendered = reminder({"appointment_at": MORNING})

        assert isinstance(rendered, Rendered)
        assert rendered.text == "Seu horário: segunda-feira, 30 de março de 2026, 09:20."


def reminder(values: dict[str, str]) -> Rendered | Refuse:
    variant = Variant(
        Channel.SMS, "pt-BR", "Seu horário: {{ appointment_at | day }}, {{ appointment_at | clock }}."
    )
    check_readable(variant)
    template = a_template(default_language="pt-BR", variants=(variant,))
    order = an_order(values=Sensitive(values))
    return render(a_situation(template=template, order=order, profile=a_profile("pt-BR")))
