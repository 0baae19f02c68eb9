"""What a template may say to a patient of themselves, beside their name (FH-13)."""

from collections.abc import Callable, Mapping
from datetime import datetime

from shared.messaging.model import Channel
from shared.patients.person import Address, Person

PATIENT = "patient"
"""What a template calls them, as in `{{ patient.city }}`."""
Names = Mapping[str, str]
Word = Callable[[Person, Names, datetime], object]


def _lives(person: Person) -> Address | None:
    """Choose where they live: at home, else wherever the record says first; never where they lived."""
    now = [one for one in person.addresses.value if one.use not in ("old", "billing")]
    return min(now, key=lambda one: one.use != "home", default=None)


def _city(person: Person, _names: Names, _now: datetime) -> object:
    home = _lives(person)
    return home and home.city


def _country(person: Person, _names: Names, _now: datetime) -> object:
    home = _lives(person)
    return home and home.country


def _address(person: Person, _names: Names, _now: datetime) -> object:
    home = _lives(person)
    parts = (*home.lines, home.postal_code, home.city) if home else ()
    return ", ".join(part for part in parts if part)


def _gender(person: Person, _names: Names, _now: datetime) -> object:
    return person.gender


def _language(person: Person, _names: Names, _now: datetime) -> object:
    return person.profile.language


def _time_zone(person: Person, _names: Names, _now: datetime) -> object:
    return person.profile.time_zone


def _preferred_channel(person: Person, _names: Names, now: datetime) -> object:
    """Name what they would rather be reached by, where the record ranks their contact points."""
    ranked = [one for one in person.profile.contact_points if one.rank is not None and one.is_current(now)]
    first = min(ranked, key=lambda one: one.rank or 0, default=None)
    if first is None:
        return None
    return next((str(one) for one in (Channel.EMAIL, Channel.SMS) if first.serves(one)), "phone")


def _general_practitioner(person: Person, names: Names, _now: datetime) -> object:
    return next((names[one] for one in person.general_practitioners if one in names), None)


def _organisation(person: Person, names: Names, _now: datetime) -> object:
    return names.get(person.organisation or "")


WORDS: Mapping[str, Word] = {
    "address": _address,
    "city": _city,
    "country": _country,
    "gender": _gender,
    "general_practitioner": _general_practitioner,
    "language": _language,
    "organisation": _organisation,
    "preferred_channel": _preferred_channel,
    "time_zone": _time_zone,
}
"""All of them. Nothing clinical is among them, nothing that is masked for others, and not the date of birth:
an invitation's code asks for it, and a letter must not hold both (decision 45)."""
NAMED_ELSEWHERE = frozenset({"general_practitioner", "organisation"})
"""Words for which other resources are read."""
