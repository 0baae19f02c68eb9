"""NCRONTAB as Azure Functions reads it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.ncrontab import ScheduleRefused, schedule

FROM = datetime(2026, 3, 28, 23, 59, 58, 500_000, tzinfo=UTC)


class TestSchedule:
    @pytest.mark.parametrize(
        ("text", "tick"),
        [
            ("* * * * * *", "2026-03-28T23:59:59"),
            ("*/10 * * * * *", "2026-03-29T00:00:00"),
            ("0 * * * * *", "2026-03-29T00:00:00"),
            ("20 */5 * * * *", "2026-03-29T00:00:20"),
            ("0 15 3 * * *", "2026-03-29T03:15:00"),
            ("0 30 9 * * mon", "2026-03-30T09:30:00"),
            ("0 30 9 * * MON-FRI", "2026-03-30T09:30:00"),
            ("0 30 9 * * 0", "2026-03-29T09:30:00"),
            ("0 0 9-17/4 * * *", "2026-03-29T09:00:00"),
            ("30 5/20 1 * * *", "2026-03-29T01:05:30"),
            ("0 0 0 1 jan,jul *", "2026-07-01T00:00:00"),
            ("0 0 0 31 * *", "2026-03-31T00:00:00"),
            ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
            ("0 0 0 29 feb sat", "2048-02-29T00:00:00"),
            ("0 0 0 13 * FRIDAY", "2026-11-13T00:00:00"),
        ],
    )
    def test_ticks_next(self, text: str, tick: str) -> None:
        assert schedule(text).after(FROM) == datetime.fromisoformat(tick).replace(tzinfo=UTC)

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("* * * * *", "six fields"),
            ("0 0 0 * * * *", "six fields"),
            ("60 * * * * *", "second"),
            ("* 60 * * * *", "minute"),
            ("* * 24 * * *", "hour"),
            ("* * * 0 * *", "day"),
            ("* * * * 13 *", "month"),
            ("* * * * * 7", "day of week"),
            ("* * * * * monkey7", "day of week"),
            ("5-1 * * * * *", "second"),
            ("*/0 * * * * *", "second"),
            (", * * * * *", "second"),
            ("-1 * * * * *", "second"),
            ("0 0 0 30 2 *", "never"),
            ("%UNSET% * * * * *", "second"),
        ],
    )
    def test_refuses_what_it_cannot_read(self, text: str, what: str) -> None:
        with pytest.raises(ScheduleRefused, match=what):
            schedule(text)

    @given(
        st.sampled_from(["*/7 * * * * *", "3 1-59/9 */5 * * *", "0 0 12 1,15 * 1-5", "59 59 23 * 2,4 *"]),
        st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  # given its zone below
    )
    def test_skips_no_tick_and_makes_none_up(self, text: str, start: datetime) -> None:
        read = schedule(text)
        first = read.after(start.replace(tzinfo=UTC))

        assert first > start.replace(tzinfo=UTC)
        assert read.after(first - timedelta(microseconds=1)) == first
        assert first.second in read.seconds
        assert first.minute in read.minutes
        assert first.hour in read.hours
        assert first.day in read.days
        assert first.month in read.months
        assert read.after(start.replace(tzinfo=UTC) + (first - start.replace(tzinfo=UTC)) / 2) == first
