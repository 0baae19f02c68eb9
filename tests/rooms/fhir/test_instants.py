"""A FHIR time is as wide as it is vague."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.fhir.instants import DAWN, DUSK, instant_text, moment_of, span_of, span_of_period


def moments(text: str) -> tuple[str, str]:
    span = span_of(text)
    return moment_of(span.low).isoformat(), moment_of(span.high).isoformat()


class TestASpan:
    @pytest.mark.parametrize(
        ("text", "first", "last"),
        [
            ("2024", "2024-01-01T00:00:00+00:00", "2024-12-31T23:59:59.999999+00:00"),
            ("2024-02", "2024-02-01T00:00:00+00:00", "2024-02-29T23:59:59.999999+00:00"),
            ("2023-12-31", "2023-12-31T00:00:00+00:00", "2023-12-31T23:59:59.999999+00:00"),
            ("2024-05-01T10:00Z", "2024-05-01T10:00:00+00:00", "2024-05-01T10:00:59.999999+00:00"),
            ("2024-05-01T00:30:00+02:00", "2024-04-30T22:30:00+00:00", "2024-04-30T22:30:00.999999+00:00"),
            ("2024-05-01T10:00:00-03:30", "2024-05-01T13:30:00+00:00", "2024-05-01T13:30:00.999999+00:00"),
            ("2024-05-01T10:00:00", "2024-05-01T10:00:00+00:00", "2024-05-01T10:00:00.999999+00:00"),
            (
                "2024-05-01T10:00:00.25Z",
                "2024-05-01T10:00:00.250000+00:00",
                "2024-05-01T10:00:00.259999+00:00",
            ),
            (
                "2024-05-01T10:00:00.1234567Z",
                "2024-05-01T10:00:00.123456+00:00",
                "2024-05-01T10:00:00.123456+00:00",
            ),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00", "2016-12-31T23:59:59.999999+00:00"),
            ("9999", "9999-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"),
        ],
    )
    def test_is_as_wide_as_the_text_is_vague(self, text: str, first: str, last: str) -> None:
        assert moments(text) == (first, last)

    @pytest.mark.parametrize(
        "text",
        ["", "24", "2024-13", "2024-02-30", "2024-1-1", "2024-05-01T25:00:00Z", "2024-05-01T10", "today"],
    )
    def test_of_nonsense_is_refused_without_quoting_it(self, text: str) -> None:
        with pytest.raises(ValueError) as refusal:  # noqa: PT011  # whichever date part is wrong says so in its own words
            span_of(text)

        assert not text or text not in str(refusal.value)

    def test_of_a_period_is_open_where_it_has_no_end(self) -> None:
        assert span_of_period({"start": "2024"}).high == DUSK
        assert span_of_period({"end": "2024"}).low == DAWN

    @given(
        st.integers(-2_000_000_000_000_000, 7_000_000_000_000_000),
        st.integers(-14 * 4, 14 * 4),
    )
    def test_of_an_instant_holds_that_instant_in_any_zone(self, count: int, quarters: int) -> None:
        offset = timedelta(minutes=15 * quarters)
        local = (moment_of(count) + offset).replace(tzinfo=None).isoformat(timespec="microseconds")
        sign, minutes = "-" if quarters < 0 else "+", abs(15 * quarters)

        span = span_of(f"{local}{sign}{minutes // 60:02}:{minutes % 60:02}")

        assert span.low == span.high == count

    def test_is_spelt_back_to_the_millisecond(self) -> None:
        assert (
            instant_text(datetime(2026, 3, 3, 12, 0, 0, 1999, tzinfo=UTC)) == "2026-03-03T12:00:00.001+00:00"
        )
