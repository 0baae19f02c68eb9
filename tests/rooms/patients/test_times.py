"""What a FHIR time may mean, at the edges of what can be written."""

from datetime import UTC, datetime

import pytest

from shared.patients.in_fhir import end_of, instant_of
from shared.triggers.in_fhir import instant


class TestTimes:
    def test_begin_with_the_first_moment_they_may_mean(self) -> None:
        assert instant_of("2026-03") == datetime(2026, 3, 1, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "soon", "", None, 7])
    def test_that_nobody_can_speak_of_are_none(self, text: object) -> None:
        assert instant_of(text) is None
        assert instant(text) is None

    def test_that_end_with_the_calendar_have_no_end(self) -> None:
        assert end_of("9999-12-31") is None
