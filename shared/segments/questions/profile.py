"""Rules about the person: life, age, birthday, where they live and what they speak."""

from collections.abc import Callable, Iterator
from datetime import MAXYEAR, date, datetime, timedelta
from typing import Any

from shared.segments.facts import PatientFacts, ProfileFacts
from shared.segments.in_words import words_of
from shared.segments.nesting import Surroundings
from shared.segments.questions.question import Question
from shared.segments.rules import (
    AgeBetween,
    BirthdayWithin,
    CityIs,
    Everyone,
    GenderIs,
    IsActive,
    IsAlive,
    LanguageIs,
    OneOfThese,
    ProfileIs,
)

LEAP_DAY = 229
YEARS_BETWEEN_LEAP_DAYS = 8
"""At most: there was none in 1900."""


def compiled(rule: ProfileIs, around: Surroundings) -> Question:
    """Compile one rule by its kind."""
    return COMPILED[type(rule)](rule, around)


def _everyone(rule: Everyone, _around: Surroundings) -> Question:
    return Question(words_of(rule), lambda _facts, _as_of: True)


def _is_alive(rule: IsAlive, _around: Surroundings) -> Question:
    def holds(facts: PatientFacts, as_of: datetime) -> bool:
        died_at = facts.profile.died_at
        return not facts.profile.is_deceased and not (died_at is not None and died_at <= as_of)

    def boundaries(facts: PatientFacts, _as_of: datetime) -> Iterator[datetime]:
        if facts.profile.died_at is not None:
            yield facts.profile.died_at

    return Question(words_of(rule), holds, boundaries)


def _is_active(rule: IsActive, _around: Surroundings) -> Question:
    return Question(words_of(rule), lambda facts, _as_of: facts.profile.is_active)


def _gender(rule: GenderIs, _around: Surroundings) -> Question:
    wanted = frozenset(rule.one_of)
    return Question(words_of(rule), lambda facts, _as_of: facts.profile.gender in wanted)


def _one_of_these(rule: OneOfThese, _around: Surroundings) -> Question:
    named = frozenset(rule.patients)
    return Question(words_of(rule), lambda facts, _as_of: facts.profile.patient_id in named)


def _city(rule: CityIs, _around: Surroundings) -> Question:
    wanted = frozenset(rule.one_of)
    return Question(words_of(rule), lambda facts, _as_of: facts.profile.city in wanted)


def _language(rule: LanguageIs, _around: Surroundings) -> Question:
    def holds(facts: PatientFacts, _as_of: datetime) -> bool:
        spoken = facts.profile.language
        return spoken is not None and any(
            spoken == tag or spoken.startswith(f"{tag}-") for tag in rule.one_of
        )

    return Question(words_of(rule), holds)


def _age(rule: AgeBetween, around: Surroundings) -> Question:
    def holds(facts: PatientFacts, as_of: datetime) -> bool:
        born = facts.profile.birth_date
        if born is None:
            return False
        age = age_of(born, around.today(as_of))
        return (rule.min_years is None or age >= rule.min_years) and (
            rule.max_years is None or age <= rule.max_years
        )

    def boundaries(facts: PatientFacts, _as_of: datetime) -> Iterator[datetime]:
        born = facts.profile.birth_date
        if born is not None and rule.min_years is not None:
            yield from _beginnings(_attaining(born, rule.min_years), around)
        if born is not None and rule.max_years is not None:
            yield from _beginnings(_attaining(born, rule.max_years + 1), around)

    return Question(words_of(rule), holds, boundaries)


def _birthday(rule: BirthdayWithin, around: Surroundings) -> Question:
    def holds(facts: PatientFacts, as_of: datetime) -> bool:
        wanted, today = facts.profile.birth_month_day, around.today(as_of)
        return wanted is not None and any(
            month_day(today + timedelta(days=ahead)) == wanted for ahead in range(rule.days + 1)
        )

    def boundaries(facts: PatientFacts, as_of: datetime) -> Iterator[datetime]:
        for day in _birthdays(facts.profile, around.today(as_of)):
            yield from _beginnings(iter((day - timedelta(days=rule.days), day + timedelta(days=1))), around)

    return Question(words_of(rule), holds, boundaries)


def age_of(born: date, today: date) -> int:
    """Count full years; who was born on 29 February is older from 1 March in other years."""
    return today.year - born.year - (month_day(today) < month_day(born))


def month_day(day: date) -> int:
    """Spell a day of the year as the facts do: 29 February is 229."""
    return day.month * 100 + day.day


def _attaining(born: date, age: int) -> Iterator[date]:
    year = born.year + age
    if year <= MAXYEAR:
        yield date(year, 3, 1) if _is_missing(month_day(born), year) else born.replace(year=year)


def _birthdays(profile: ProfileFacts, today: date) -> Iterator[date]:
    """Give those from a year ago to as many years on as it takes to meet the next one."""
    wanted = profile.birth_month_day
    if wanted is None:
        return
    last = min(today.year + YEARS_BETWEEN_LEAP_DAYS + 1, MAXYEAR - 1)
    for year in range(today.year - 1, last + 1):
        if not _is_missing(wanted, year):
            yield date(year, wanted // 100, wanted % 100)


def _is_missing(wanted: int, year: int) -> bool:
    is_leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return wanted == LEAP_DAY and not is_leap_year


def _beginnings(days: Iterator[date], around: Surroundings) -> Iterator[datetime]:
    for day in days:
        try:
            yield around.begins(day)
        except OverflowError:  # the calendar's first or last day, which in UTC lies outside it
            continue


COMPILED: dict[type[ProfileIs], Callable[[Any, Surroundings], Question]] = {
    Everyone: _everyone,
    IsAlive: _is_alive,
    IsActive: _is_active,
    GenderIs: _gender,
    AgeBetween: _age,
    BirthdayWithin: _birthday,
    CityIs: _city,
    LanguageIs: _language,
    OneOfThese: _one_of_these,
}
