"""How each person can be reached: most by mobile telephone and e-mail, some by one, a few not at all."""

import unicodedata
from functools import cache

from local.sample.draw import Draw
from local.sample.person import Person
from local.sample.phones import landline, mobile
from shared.fhir.ports import Resource

_DOMAINS = ("example.org", "example.com", "example.net")  # RFC 2606: nobody's, ever
_OLD_NUMBERS_FROM = 300_000  # no country has more than 250,000 patients
"""Numbers given up are counted from here, so that none is somebody else's present one."""


def contact_points(person: Person, draw: Draw) -> list[Resource]:
    """Draw the person's telecom, best first. Small children have none, or a parent's number."""
    if person.age < 13:
        return [_phone(person, rank=1)] if draw.chance(0.6) else []
    prefers_mail = draw.chance(0.2)
    points: list[Resource] = []
    if draw.chance(0.96 if person.age < 75 else 0.75):
        points.append(_phone(person, rank=2 if prefers_mail else 1, for_texts_only=draw.chance(0.06)))
    if draw.chance(0.9 if person.age < 65 else 0.55):
        points.append(_email(person, rank=1 if prefers_mail else 2))
    if draw.chance(0.08 if person.age < 65 else 0.5):
        points.append(_landline(person))
    if draw.chance(0.05):
        points.append(_given_up(person))
    return points


def guardians_phone(person: Person) -> Resource:
    """Give the number of whoever looks after the person; a small child's own number is the same one."""
    return _phone(person, rank=1)


@cache
def plain(name: str) -> str:
    """Spell a name as an e-mail address can: no accents, no marks, lower case."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha()).lower()


def _phone(person: Person, *, rank: int, for_texts_only: bool = False) -> Resource:
    value = mobile(person.country.code, person.nth)
    return {"system": "sms" if for_texts_only else "phone", "value": value, "use": "mobile", "rank": rank}


def _email(person: Person, *, rank: int) -> Resource:
    who = f"{plain(person.given[0])}.{plain(person.families[0])}.{person.number}"
    return {
        "system": "email",
        "value": f"{who}@{_DOMAINS[person.number % len(_DOMAINS)]}",
        "use": "home",
        "rank": rank,
    }


def _landline(person: Person) -> Resource:
    return {"system": "phone", "value": landline(person.country.code, person.nth), "use": "home", "rank": 3}


def _given_up(person: Person) -> Resource:
    value = mobile(person.country.code, _OLD_NUMBERS_FROM + person.nth)
    return {"system": "phone", "value": value, "use": "old", "period": {"end": "2019-12-31"}}
