"""Which dates are holidays: those of a country or a part of it, and our own."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays


class UnknownCountry(ValueError):
    """No holidays are known for that country, or for that part of it."""


@dataclass(frozen=True, slots=True)
class HolidayRules:
    """The public holidays of a country (ISO 3166-1) or a part of it (ISO 3166-2), and dates of our own."""

    country: str | None = None
    subdivision: str | None = None
    also: tuple[date, ...] = ()
    never: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if self.country is not None:
            _public(self.country, self.subdivision, 2026)

    def is_holiday(self, day: date) -> bool:
        """Say whether that date is a holiday here."""
        if day in self.never:
            return False
        return day in self.also or (
            self.country is not None and day in _public(self.country, self.subdivision, day.year)
        )


@lru_cache(maxsize=256)
def _public(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year, expand=False))
    except NotImplementedError as error:
        raise UnknownCountry from error
