"""Whether what a patient wants of their own details can be, and how it is spelt (PA-7). Pure."""

import re
from collections.abc import Iterator
from dataclasses import replace

from shared.kernel.problems import Problem
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive
from shared.patients.details_wanted import ContactWanted, OwnDetailsWanted, PointWanted
from shared.patients.model import e164, mailbox
from shared.patients.person import Address

MOST_OF_EACH = 10
LONGEST = 200

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_COUNTRY = re.compile(r"[A-Z]{2}")


def spelt(wanted: OwnDetailsWanted, *, region: str) -> OwnDetailsWanted:
    """Spell numbers and addresses as they are compared and sent to. Raises `Nonsense` with the fields."""
    problems = [
        *_problems_of_lists(wanted),
        *_problems_of_points(wanted, region),
        *_problems_of_addresses(wanted),
        *_problems_of_languages(wanted),
        *_problems_of_contacts(wanted, region),
        *_problems_of_name(wanted),
    ]
    if problems:
        raise Nonsense(*problems)
    points, contacts = wanted.contact_points, wanted.emergency_contacts
    return replace(
        wanted,
        contact_points=None if points is None else tuple(_point(one, region) for one in points),
        emergency_contacts=None if contacts is None else tuple(_contact(one, region) for one in contacts),
    )


def _point(point: PointWanted, region: str) -> PointWanted:
    return replace(point, value=Sensitive(_value(point, region) or ""))


def _contact(contact: ContactWanted, region: str) -> ContactWanted:
    return replace(contact, phone=Sensitive(e164(contact.phone.value, region=region) or ""))


def _value(point: PointWanted, region: str) -> str | None:
    if point.system == "email":
        return mailbox(point.value.value)
    return e164(point.value.value, region=region)


def _problems_of_lists(wanted: OwnDetailsWanted) -> Iterator[Problem]:
    for name in ("contact_points", "addresses", "languages", "emergency_contacts"):
        if len(getattr(wanted, name) or ()) > MOST_OF_EACH:
            yield name, f"more than {MOST_OF_EACH}"


def _problems_of_points(wanted: OwnDetailsWanted, region: str) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for number, point in enumerate(wanted.contact_points or ()):
        value = _value(point, region)
        if value is None:
            yield f"contact_points.{number}.value", "cannot be one"
        elif (point.system, value.casefold()) in seen:
            yield f"contact_points.{number}.value", "named twice"
        seen.add((point.system, (value or "").casefold()))


def _problems_of_addresses(wanted: OwnDetailsWanted) -> Iterator[Problem]:
    for number, address in enumerate(wanted.addresses or ()):
        for field, problem in _problems_of_address(address):
            yield f"addresses.{number}.{field}", problem


def _problems_of_address(address: Address) -> Iterator[Problem]:
    if address.use not in {None, "home", "work", "temp", "billing"}:
        yield "use", "not home, work, temp or billing"
    if not 1 <= len(address.lines) <= 5 or not all(map(_is_words, address.lines)):
        yield "lines", f"not 1 to 5 lines of up to {LONGEST} characters"
    for name in ("city", "postal_code"):
        text = getattr(address, name)
        if text is not None and not _is_words(text):
            yield name, f"not words of up to {LONGEST} characters"
    if address.country is not None and not _COUNTRY.fullmatch(address.country):
        yield "country", "not two capital letters (ISO 3166)"


def _problems_of_languages(wanted: OwnDetailsWanted) -> Iterator[Problem]:
    tags = wanted.languages
    if tags is None:
        return
    if not tags or len(set(tags)) < len(tags):
        yield "languages", "none, or one twice"
    for number, tag in enumerate(tags):
        if not _LANGUAGE.fullmatch(tag):
            yield f"languages.{number}", "not a BCP 47 tag"


def _problems_of_contacts(wanted: OwnDetailsWanted, region: str) -> Iterator[Problem]:
    for number, contact in enumerate(wanted.emergency_contacts or ()):
        if not _is_words(contact.name.value):
            yield f"emergency_contacts.{number}.name", "not a name"
        if e164(contact.phone.value, region=region) is None:
            yield f"emergency_contacts.{number}.phone", "cannot be one"
        if contact.relationship is not None and not _is_words(contact.relationship):
            yield f"emergency_contacts.{number}.relationship", f"not words of up to {LONGEST} characters"


def _problems_of_name(wanted: OwnDetailsWanted) -> Iterator[Problem]:
    name = wanted.name
    if name is not None and not (_is_words(name.given.value) and _is_words(name.family.value)):
        yield "name", "not a name"


def _is_words(text: str) -> bool:
    return bool(text.strip()) and len(text) <= LONGEST and text.isprintable()
