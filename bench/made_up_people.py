"""People of whom it is known which records are theirs: families, twins, namesakes, and how records go wrong.

The same seed gives the same people and records on every machine. Rates of errors are stated in `Errors`; they
were set before the rules were tried on them. Spoken forms of names are this file's own, not the product's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from local.sample.countries.all import COUNTRIES
from local.sample.draw import Draw
from shared.matching.comparing import SourceRecord
from shared.matching.definitions import Column, MatchingDraft, Source
from shared.matching.model import Meaning, RecordRef

SOURCES = ("hospital", "clinic", "pharmacy")
COLUMNS = (
    Column("given", Meaning.FIRST_NAME),
    Column("family", Meaning.LAST_NAME),
    Column("born", Meaning.BIRTH_DATE),
    Column("sex", Meaning.GENDER),
    Column("phone", Meaning.PHONE),
    Column("mail", Meaning.EMAIL),
    Column("line", Meaning.ADDRESS),
    Column("city", Meaning.CITY),
    Column("postcode", Meaning.POSTCODE),
    Column("nhs_number", Meaning.IDENTIFIER),
)
_SPOKEN = """
Margaret Maggie Peggy Mags, William Bill Will Wills, Charlotte Lottie Char, Elizabeth Liz Beth,
Thomas Tom Tommo, James Jim Jamie, Edward Ted Ed, Susan Sue Suze, Patricia Pat Trish, Christine Chris Tina,
Michael Mike, Kenneth Ken, Frederick Fred, Stanley Stan, Ronald Ron, Oliver Ollie, Rebecca Becky,
Eleanor Ellie, Florence Flo, Peter Pete, David Dave, Emily Em Emmy, Amelia Millie, George Georgie, Harry Haz,
Leo Lee, José Pepe, Francisco Paco, Dolores Lola, Antonio Toni, Manuel Manolo
"""
SPOKEN = {name: tuple(forms) for name, *forms in (line.split() for line in _SPOKEN.split(","))}
"""Some of these the product's list does not have, as in any town."""
NEARLY_ALIKE = (
    ("Anna", "Hanna"),
    ("Jayden", "Kayden"),
    ("Ella", "Bella"),
    ("Erik", "Eirik"),
    ("Marina", "Marisa"),
)
FIRST_DAY = date(1930, 1, 1)
DAYS = 34_700


@dataclass(frozen=True, slots=True)
class Errors:
    """How often a record differs from the person, each independently of the others."""

    first_name_mistyped: float = 0.03
    last_name_mistyped: float = 0.04
    spoken_name: float = 0.10
    names_swapped: float = 0.02
    surname_changed: float = 0.015
    birth_date_mistyped: float = 0.015
    day_and_month_swapped: float = 0.005
    birth_date_missing: float = 0.01
    moved: float = 0.08
    postcode_missing: float = 0.03
    phone_changed: float = 0.08
    phone_missing: float = 0.12
    mail_changed: float = 0.08
    mail_missing: float = 0.25
    identifier_missing: float = 0.35
    identifier_mistyped: float = 0.005
    written_otherwise: float = 0.30
    twice_in_a_source: float = 0.06


@dataclass(frozen=True, slots=True)
class Home:
    line: str
    city: str
    postcode: str
    phone: str
    mail: str


@dataclass(frozen=True, slots=True)
class Someone:
    number: int
    given: str
    family: str
    born: date
    sex: str
    home: Home
    phone: str
    mail: str
    nhs_number: str


@dataclass(frozen=True, slots=True)
class World:
    seed: str
    errors: Errors = field(default_factory=Errors)


def draft() -> MatchingDraft:
    """Give the sources, matched by the usual rules."""
    return MatchingDraft("Everybody", tuple(Source(name, COLUMNS) for name in SOURCES))


def records(count: int, world: World) -> Iterator[tuple[int, SourceRecord]]:
    """Give so many records, each with the number of the person whose it is."""
    given = 0
    for someone in people(world):
        for record in _records_of(someone, world):
            if given == count:
                return
            given += 1
            yield someone.number, record


def people(world: World) -> Iterator[Someone]:
    """Give households one after the other, without end."""
    number = household = 0
    while True:
        draw = Draw(f"{world.seed}/household/{household}")
        for someone in _household(household, draw):
            yield replace(someone, number=number, nhs_number=f"{9_000_000_000 + number * 7}")
            number += 1
        household += 1


def _household(nth: int, draw: Draw) -> Iterator[Someone]:
    country = draw.one_of(COUNTRIES)
    family = draw.one_of(country.families)
    home = _home(nth, draw)
    shares = draw.chance(0.5)

    def someone(given: str, sex: str, born: date) -> Someone:
        own = not shares or draw.chance(0.2)
        phone = _number(draw) if own else home.phone
        mail = f"{_plain(given)}.{_plain(family)}{draw.below(10_000)}@example.org" if own else home.mail
        return Someone(0, given, family, born, sex, home, phone, mail, "")

    def born(youngest: int, oldest: int) -> date:
        return FIRST_DAY + timedelta(
            days=DAYS - int(365.25 * draw.between(youngest, oldest)) - draw.below(365)
        )

    man, woman = draw.one_of(country.men), draw.one_of(country.women)
    kind = draw.below(100)
    yield someone(man, "male", father := born(25, 90))
    if kind < 35:
        return
    yield someone(woman, "female", born(25, 90))
    if kind < 55:
        return
    children: set[str] = set()
    for _ in range(draw.between(1, 3)):
        sex = draw.one_of(("male", "female"))
        name = draw.one_of(country.men if sex == "male" else country.women)
        if name not in children:
            yield someone(name, sex, born(0, 24))
        children.add(name)
    if kind < 85:
        return
    if kind < 95:
        yield from _twins(draw, someone, born(0, 24))
    else:
        yield someone(man, "male", _years_later(father, draw.between(20, 35), draw))


def _twins(draw: Draw, someone: Callable[[str, str, date], Someone], day: date) -> Iterator[Someone]:
    country = draw.one_of(COUNTRIES)
    if draw.chance(0.15):
        names = draw.one_of(NEARLY_ALIKE)
    else:
        first, second = draw.one_of(country.women), draw.one_of(country.men)
        names = (first, second if second != first else "Robin")
    for name in names:
        yield someone(name, "female", day)


def _years_later(day: date, years: int, draw: Draw) -> date:
    return day + timedelta(days=int(365.25 * years) + draw.below(365))


def _home(nth: int, draw: Draw) -> Home:
    country = draw.one_of(COUNTRIES)
    city = draw.one_of(country.cities)
    line = country.street_line.format(number=draw.between(1, 250), street=draw.one_of(country.streets))
    signs = "".join(
        str(draw.below(10)) if sign == "#" else _letter(draw) if sign == "@" else sign
        for sign in city.postcode
    )
    return Home(line, city.name, signs, _number(draw), f"family{nth}@example.net")


def _letter(draw: Draw) -> str:
    return "ABDEFGHJLNPQRSTUWXYZ"[draw.below(20)]


def _number(draw: Draw) -> str:
    return f"+4477{draw.below(10**8):08d}"


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isascii() and sign.isalpha())


# -- records, and what is wrong in them


def _records_of(someone: Someone, world: World) -> Iterator[SourceRecord]:
    draw = Draw(f"{world.seed}/records/{someone.number}")
    for source, share in zip(SOURCES, (0.9, 0.55, 0.35), strict=True):
        if not draw.chance(share):
            continue
        times = 1 + draw.chance(world.errors.twice_in_a_source)
        for time in range(times):
            values = _written(someone, world.errors, draw)
            key = f"{someone.number}{'abc'[time]}"
            ref = RecordRef(source, f"{draw.below(10**6):06d}-{key}")
            updated = f"20{draw.between(10, 25)}-{draw.between(1, 12):02d}-{draw.between(1, 28):02d}"
            yield SourceRecord(ref, {name: value for name, value in values.items() if value}, updated)


def _written(someone: Someone, errors: Errors, draw: Draw) -> dict[str, str]:
    given, family = _names(someone, errors, draw)
    home = _home(0, draw) if draw.chance(errors.moved) else someone.home
    values = {
        "first_name": given,
        "last_name": family,
        "birth_date": _born(someone.born, errors, draw),
        "gender": someone.sex,
        "phone": "" if draw.chance(errors.phone_missing) else someone.phone,
        "email": "" if draw.chance(errors.mail_missing) else someone.mail,
        "address": home.line,
        "city": home.city,
        "postcode": "" if draw.chance(errors.postcode_missing) else home.postcode,
        "identifier": "" if draw.chance(errors.identifier_missing) else someone.nhs_number,
    }
    if values["phone"] and draw.chance(errors.phone_changed):
        values["phone"] = _number(draw)
    if values["email"] and draw.chance(errors.mail_changed):
        values["email"] = f"{_plain(given)}{draw.below(10**6)}@example.com"
    if values["identifier"] and draw.chance(errors.identifier_mistyped):
        values["identifier"] = _mistyped(values["identifier"], draw, "0123456789")
    return _otherwise(values, draw) if draw.chance(errors.written_otherwise) else values


def _names(someone: Someone, errors: Errors, draw: Draw) -> tuple[str, str]:
    given, family = someone.given, someone.family
    if draw.chance(errors.spoken_name):
        given = draw.one_of(SPOKEN.get(given, (given,)))
    if draw.chance(errors.first_name_mistyped):
        given = _mistyped(given, draw)
    if someone.sex == "female" and draw.chance(errors.surname_changed):
        family = draw.one_of(draw.one_of(COUNTRIES).families)
    if draw.chance(errors.last_name_mistyped):
        family = _mistyped(family, draw)
    return (family, given) if draw.chance(errors.names_swapped) else (given, family)


def _born(day: date, errors: Errors, draw: Draw) -> str:
    text = day.isoformat()
    if draw.chance(errors.birth_date_missing):
        return ""
    if draw.chance(errors.day_and_month_swapped) and day.day <= 12:
        text = f"{day.year}-{day.day:02d}-{day.month:02d}"
    if draw.chance(errors.birth_date_mistyped):
        place = draw.one_of((2, 3, 6, 9))
        text = text[:place] + str(draw.below(10)) + text[place + 1 :]
    return text


def _mistyped(text: str, draw: Draw, signs: str = "abcdefghijklmnoprstuvwyz") -> str:
    place = draw.below(len(text))
    match draw.below(4):
        case 0:
            return text[:place] + draw.one_of(signs) + text[place + 1 :]
        case 1:
            return text[:place] + draw.one_of(signs) + text[place:]
        case 2 if len(text) > 2:
            return text[:place] + text[place + 1 :]
        case _ if place + 1 < len(text):
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        case _:
            return text + draw.one_of(signs)


def _otherwise(values: dict[str, str], draw: Draw) -> dict[str, str]:
    """Write the same in another way: in capitals, with a title, without the country's code in brackets."""
    spelt = dict(values)
    spelt["last_name"] = spelt["last_name"].upper() if draw.chance(0.5) else spelt["last_name"]
    if draw.chance(0.3):
        spelt["first_name"] = f"{draw.one_of(('Mr', 'Mrs.', 'Dr'))} {spelt['first_name']}"
    if spelt["phone"] and draw.chance(0.5):
        spelt["phone"] = f"{spelt['phone'][:3]} (0){spelt['phone'][3:7]} {spelt['phone'][7:]}"
    spelt["address"] = spelt["address"].replace("Road", "Rd.").replace("Street", "St")
    spelt["postcode"] = spelt["postcode"].replace(" ", "").lower()
    spelt["birth_date"] = spelt["birth_date"].replace("-", "") if draw.chance(0.3) else spelt["birth_date"]
    spelt["identifier"] = _in_threes(spelt["identifier"])
    return spelt


def _in_threes(number: str) -> str:
    return f"{number[:3]} {number[3:6]} {number[6:]}" if number else ""
