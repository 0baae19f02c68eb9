from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendars.holiday_rules import HolidayRules, UnknownCountry
from shared.calendars.model import EVERY_DAY, OperatingHours, Weekday, Window

WEEKDAYS = EVERY_DAY[:5]
OFFICE = Window(WEEKDAYS, starts=time(8), ends=time(18))


class TestOperatingHours:
    def test_open_at_the_minute_they_say_and_shut_at_the_other(self) -> None:
        hours = OperatingHours("Europe/London", (OFFICE,))

        assert hours.is_open(datetime(2026, 3, 30, 7, 0, tzinfo=UTC))
        assert not hours.is_open(datetime(2026, 3, 30, 6, 59, tzinfo=UTC))
        assert not hours.is_open(datetime(2026, 3, 30, 17, 0, tzinfo=UTC))

    def test_open_next_after_the_weekend_and_the_holidays_of_the_state(self) -> None:
        hours = OperatingHours("America/Sao_Paulo", (OFFICE,), HolidayRules("BR", "SP"))

        christmas_eve = datetime(2026, 12, 24, 22, 0, tzinfo=UTC)

        assert hours.next_opening(christmas_eve) == datetime(2026, 12, 28, 11, 0, tzinfo=UTC)

    def test_stay_open_over_midnight(self) -> None:
        night_shift = OperatingHours("Europe/London", (Window((Weekday.FRIDAY,), time(22), time(6)),))

        assert night_shift.is_open(datetime(2026, 1, 10, 3, 0, tzinfo=UTC))
        assert not night_shift.is_open(datetime(2026, 1, 9, 3, 0, tzinfo=UTC))

    def test_follow_a_date_of_their_own_even_on_a_holiday(self) -> None:
        boxing_day = date(2026, 12, 26)
        hours = OperatingHours(
            "Europe/London",
            (OFFICE,),
            HolidayRules(also=(boxing_day,)),
            ((boxing_day, ((time(10), time(12)),)),),
        )

        assert hours.next_opening(datetime(2026, 12, 25, 19, 0, tzinfo=UTC)) == datetime(
            2026, 12, 26, 10, 0, tzinfo=UTC
        )

    def test_never_open_when_they_name_no_window(self) -> None:
        assert OperatingHours("Europe/London", ()).next_opening(datetime(2026, 1, 1, tzinfo=UTC)) is None

    @given(
        st.sampled_from(("Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia")),
        st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis wants its bounds naive
    )
    def test_next_open_at_the_first_instant_that_is_open(self, zone: str, at: datetime) -> None:
        hours = OperatingHours(zone, (OFFICE, Window((Weekday.SUNDAY,), time(1, 30), time(2, 30))))

        opens = hours.next_opening(at)

        assert opens is not None
        assert opens >= at
        assert hours.is_open(opens)
        assert opens == at or not hours.is_open(opens - timedelta(microseconds=1))


class TestHolidayRules:
    def test_leave_out_what_the_house_works_through(self) -> None:
        rules = HolidayRules("GB", "ENG", never=(date(2026, 12, 28),))

        assert rules.is_holiday(date(2026, 12, 25))
        assert not rules.is_holiday(date(2026, 12, 28))

    def test_refuse_a_country_nobody_knows(self) -> None:
        with pytest.raises(UnknownCountry):
            HolidayRules("XX")
