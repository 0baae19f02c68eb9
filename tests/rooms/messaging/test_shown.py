"""What a template does with an object that it was given."""

import pytest
from jinja2 import UndefinedError

from shared.messaging.gate.shown import Shown
from shared.messaging.gate.template_language import filled

VISIT = Shown(
    {"status": "booked", "notes": [{"text": "Bring your glasses"}, {"text": "Fast"}]}, "Europe/London"
)


class TestShown:
    def test_is_not_gone_through_for_ever(self) -> None:
        """An object has fields, and no end by which a loop over it would stop."""
        with pytest.raises(UndefinedError):
            filled("{% for part in trigger %}{% endfor %}.", {"trigger": VISIT}, language="en")

    def test_of_a_list_ends_with_the_list(self) -> None:
        text = "{% for note in notes %}{{ note }}; {% endfor %}"

        assert filled(text, {"notes": VISIT["notes"]}, language="en") == "Bring your glasses; Fast; "
