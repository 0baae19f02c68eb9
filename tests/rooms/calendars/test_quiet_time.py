from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.calendars.model import EVERY_DAY, LONGEST_QUIET, QuietTime, QuietTooLong, Weekday, Window

NIGHT = Window(EVERY_DAY, starts=time(21), ends=time(8))
ZONES = (
    "Europe/London",
    "Europe/Stockholm",
    "America/Sao_Paulo",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
)


def in_utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # as many as are wanted


class TestQuietTime:
    def test_ends_an_hour_sooner_in_the_night_the_clocks_go_forward(self) -> None:
        london = QuietTime("Europe/London", (NIGHT,))

        assert london.quiet_until(in_utc(2026, 3, 27, 23)) == in_utc(2026, 3, 28, 8)
        assert london.quiet_until(in_utc(2026, 3, 28, 23)) == in_utc(2026, 3, 29, 7)

    def test_ends_when_the_clocks_jump_over_its_end(self) -> None:
        until_half_past_one = QuietTime("Europe/London", (Window(EVERY_DAY, time(21), time(1, 30)),))

        assert until_half_past_one.quiet_until(in_utc(2026, 3, 29, 0, 59)) == in_utc(2026, 3, 29, 1)

    def test_is_quiet_both_times_when_an_hour_is_repeated(self) -> None:
        quiet = QuietTime("Europe/London", (Window((Weekday.SUNDAY,), time(1), time(1, 30)),))

        first, second = in_utc(2026, 10, 25, 0, 10), in_utc(2026, 10, 25, 1, 10)

        assert quiet.quiet_until(first) == in_utc(2026, 10, 25, 0, 30)
        assert not quiet.is_quiet(in_utc(2026, 10, 25, 0, 45))
        assert quiet.quiet_until(second) == in_utc(2026, 10, 25, 1, 30)

    def test_knows_that_sao_paulo_began_its_summer_at_midnight(self) -> None:
        until_midnight = QuietTime("America/Sao_Paulo", (Window(EVERY_DAY, time(20), time(0)),))

        assert until_midnight.quiet_until(in_utc(2018, 11, 4, 2, 30)) == in_utc(2018, 11, 4, 3)

    def test_knows_that_lord_howe_moves_its_clocks_by_half_an_hour(self) -> None:
        until_a_quarter_past_two = QuietTime(
            "Australia/Lord_Howe", (Window(EVERY_DAY, time(1), time(2, 15)),)
        )

        assert until_a_quarter_past_two.quiet_until(in_utc(2026, 10, 3, 15, 15)) == in_utc(
            2026, 10, 3, 15, 30
        )

    def test_lasts_over_whole_dates(self) -> None:
        christmas = QuietTime("Europe/London", (NIGHT,), (date(2026, 12, 25), date(2026, 12, 26)))

        assert christmas.quiet_until(in_utc(2026, 12, 24, 22)) == in_utc(2026, 12, 27, 8)

    def test_refuses_to_be_quiet_for_ever(self) -> None:
        with pytest.raises(QuietTooLong):
            QuietTime("Europe/London", (Window(EVERY_DAY, time(0), time(0)),))

    def test_refuses_dates_that_leave_no_opening_for_three_weeks(self) -> None:
        january = tuple(date(2026, 1, day) for day in range(1, 23))

        with pytest.raises(QuietTooLong):
            QuietTime("Europe/London", (), january)

    def test_allows_a_fortnight_of_dates(self) -> None:
        fortnight = QuietTime("Europe/London", (NIGHT,), tuple(date(2026, 1, day) for day in range(1, 15)))

        assert fortnight.quiet_until(in_utc(2026, 1, 1)) == in_utc(2026, 1, 15, 8)


times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
windows = st.builds(
    Window, st.lists(st.sampled_from(EVERY_DAY), min_size=1, max_size=7, unique=True).map(tuple), times, times
)
instants = st.datetimes(datetime(1995, 1, 1), datetime(2034, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants its bounds naive


@st.composite
def quiet_times(draw: st.DrawFn) -> QuietTime:
    around = draw(instants).date()
    dates = draw(st.lists(st.integers(-10, 10), max_size=10, unique=True))
    try:
        return QuietTime(
            draw(st.sampled_from(ZONES)),
            tuple(draw(st.lists(windows, max_size=3))),
            tuple(around + timedelta(days=day) for day in dates),
        )
    except QuietTooLong:
        assume(condition=False)
        raise


def at_its_first_date(quiet: QuietTime, at: datetime) -> datetime:
    """Move an instant to the first of its quiet dates, where there are any, so that they matter."""
    return at if not quiet.dates else datetime.combine(min(quiet.dates), at.timetz())


class TestEveryQuietTime:
    @given(quiet_times(), instants, st.sampled_from(("as drawn", "on its dates")))
    def test_ends_at_an_instant_that_is_not_quiet_not_before_and_within_three_weeks(
        self, quiet: QuietTime, at: datetime, when: str
    ) -> None:
        at = at_its_first_date(quiet, at) if when == "on its dates" else at

        until = quiet.quiet_until(at)

        if not quiet.is_quiet(at):
            assert until is None
        else:
            assert until is not None
            assert at < until <= at + LONGEST_QUIET
            assert not quiet.is_quiet(until)
            assert quiet.is_quiet(until - timedelta(microseconds=1))

    @given(quiet_times(), instants, st.timedeltas(timedelta(), timedelta(days=3)))
    def test_ends_no_sooner_for_who_comes_later(
        self, quiet: QuietTime, at: datetime, later_by: timedelta
    ) -> None:
        sooner = quiet.quiet_until(at) or at
        later = quiet.quiet_until(at + later_by) or at + later_by

        assert sooner <= later

    @given(quiet_times(), instants, st.floats(0, 1))
    def test_is_quiet_all_the_time_until_it_ends(self, quiet: QuietTime, at: datetime, share: float) -> None:
        until = quiet.quiet_until(at)
        assume(until is not None)
        assert until is not None

        assert quiet.is_quiet(at + (until - at) * share * 0.999)
