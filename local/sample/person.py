"""Who the `number`-th patient is: drawn from seed and number, never from how many others there are."""

from dataclasses import dataclass
from datetime import date, timedelta

from local.sample.countries.all import COUNTRIES
from local.sample.countries.country import City, Country
from local.sample.draw import Draw

CLINIC_SIZE = 500
"""Patients of one country for whom one clinic with two practitioners is opened."""
_DUPLICATE_EVERY = 100
"""Of so many patients of a country one has been registered a second time by mistake."""


@dataclass(frozen=True, slots=True)
class World:
    """What a whole set has in common."""

    seed: int
    as_of: date


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up human being."""

    id: str
    number: int
    place: int
    """Where they stand among the patients of their clinic, from 0."""
    nth: int
    """Where they stand among the patients of their country, from 0."""
    clinic: str
    country: Country
    city: City
    gender: str
    given: tuple[str, ...]
    families: tuple[str, ...]
    born_on: date
    age: int
    died_on: date | None
    is_active: bool
    replaced_by: str | None

    @property
    def may_come(self) -> bool:
        """Whether future visits make sense."""
        return self.died_on is None and self.is_active


def country_of(number: int) -> tuple[Country, int]:
    """Deal patients out to the countries in turn; also say which of its country's patients this is."""
    nth, turn = divmod(number, len(COUNTRIES))
    return COUNTRIES[(turn + nth) % len(COUNTRIES)], nth


def practitioner_of(person: Person) -> str:
    """Name the practitioner whose list the person is on."""
    return f"{person.clinic}-{'ab'[person.place % 2]}"


def has_booked(place: int) -> bool:
    """Say whether the patient in this place of a clinic has an appointment ahead (one in five)."""
    return place // 2 % 5 == 0


def somebody(world: World, number: int, draw: Draw) -> Person:
    """Make up one person. Who has been registered twice has the name and birthday of the one before them."""
    country, nth = country_of(number)
    original = _one_before(number, nth) if nth % _DUPLICATE_EVERY == _DUPLICATE_EVERY - 1 else None
    place = nth % CLINIC_SIZE
    identity = draw if original is None else Draw(f"{world.seed}/{original}")
    gender = _gender(identity)
    given, families = _named(country, gender, identity)
    age_in_days = _age_in_days(identity)
    stays = original is None and has_booked(place)
    return Person(
        id=patient_id(world, number),
        number=number,
        place=place,
        nth=nth,
        clinic=clinic_id(world, country, nth // CLINIC_SIZE),
        country=country,
        city=draw.one_of(country.cities),
        gender=gender,
        given=given,
        families=families,
        born_on=world.as_of - timedelta(days=age_in_days),
        age=age_in_days * 4 // 1461,
        died_on=None if stays or original is not None else _died_on(world, age_in_days, draw),
        is_active=original is None and (stays or not draw.chance(0.015)),
        replaced_by=None if original is None else patient_id(world, original),
    )


def patient_id(world: World, number: int) -> str:
    return f"p{world.seed}-{number:07d}"


def clinic_id(world: World, country: Country, block: int) -> str:
    return f"c{world.seed}-{country.code.lower()}-{block:04d}"


def _one_before(number: int, nth: int) -> int:
    """Find the patient of the same country dealt out in the round before."""
    count = len(COUNTRIES)
    turn = (number % count + nth) % count
    return (nth - 1) * count + (turn - (nth - 1)) % count


def _gender(draw: Draw) -> str:
    lot = draw.below(1000)
    return "female" if lot < 505 else "male" if lot < 990 else "other" if lot < 995 else "unknown"


def _named(country: Country, gender: str, draw: Draw) -> tuple[tuple[str, ...], tuple[str, ...]]:
    choices = country.women if gender == "female" else country.men
    given = (draw.one_of(choices), draw.one_of(choices)) if draw.chance(0.3) else (draw.one_of(choices),)
    family = draw.one_of(country.families)
    second = (draw.one_of(country.families),) if draw.chance(country.second_family) else ()
    return given, (family, *second)


def _age_in_days(draw: Draw) -> int:
    """Draw an age as a practice's list has them: a fifth children, a fifth over sixty-five."""
    lot = draw.below(100)
    first, last = (0, 17) if lot < 19 else (18, 64) if lot < 80 else (65, 84) if lot < 97 else (85, 99)
    return draw.between(first * 366, last * 365 + 364)


def _died_on(world: World, age_in_days: int, draw: Draw) -> date | None:
    chance = 0.001 if age_in_days < 40 * 365 else 0.01 if age_in_days < 65 * 365 else 0.08
    if not draw.chance(chance):
        return None
    return world.as_of - timedelta(days=1 + draw.below(min(1000, age_in_days)))
