"""A clinic: Organization, Location, two Practitioners with roles and Schedules, and four weeks of Slots."""

from collections.abc import Iterator

from local.sample.codes import hl7, reference, snomed
from local.sample.countries.country import Country
from local.sample.draw import Draw
from local.sample.patients import postcode
from local.sample.person import CLINIC_SIZE, World, clinic_id, has_booked
from local.sample.phones import landline
from local.sample.timetable import CELLS_A_DAY, Cell, Timetable
from shared.fhir.ports import Resource

SLOTS = 20 * CELLS_A_DAY
"""How many slots of one practitioner are open to booking: four weeks of working days."""
_LANDLINES_FROM = 300_000  # no country has more than 250,000 patients
"""Clinics' numbers are counted from here, so that none is a patient's."""
_STEP = 37  # shares no divisor with SLOTS, so neighbours on the list do not sit side by side in the week

GENERAL_PRACTICE = snomed("394814009", "General practice")
SERVICE = hl7("service-type", "124", "General Practice")
_PROVIDER = hl7("organization-type", "prov", "Healthcare Provider")
_DOCTOR = hl7("practitioner-role", "doctor", "Doctor")


def clinic(world: World, country: Country, block: int, timetable: Timetable) -> Iterator[Resource]:
    """Open the clinic of a country's `block`-th five hundred patients."""
    name = clinic_id(world, country, block)
    draw = Draw(f"{world.seed}/{name}")
    yield from _house(name, country, block, draw)
    for letter in "ab":
        yield from _practitioner(f"{name}-{letter}", name, country, draw)
    for index, letter in enumerate("ab"):
        yield from _slots(f"{name}-{letter}", index, timetable)


def booked_cell(place: int) -> int:
    """Say which cell of the practitioner's weeks belongs to the patient in this place of a clinic."""
    return place // 2 * _STEP % SLOTS


def is_pending(place: int) -> bool:
    """Say whether the booking still waits for a confirmation (one in ten)."""
    return place // 2 % 50 == 0


def slot_id(practitioner: str, cell: Cell) -> str:
    return f"{practitioner}-{cell.clock}"


def _house(name: str, country: Country, block: int, draw: Draw) -> Iterator[Resource]:
    city = country.cities[block % len(country.cities)]
    title = country.clinic.format(city=city.name, number=block // len(country.cities) + 1)
    telecom = [{"system": "phone", "value": landline(country.code, _LANDLINES_FROM + block), "use": "work"}]
    address = {"line": [country.streets[0]], "city": city.name, "postalCode": postcode(city, draw)}
    yield {
        "resourceType": "Organization",
        "id": name,
        "active": True,
        "type": [_PROVIDER],
        "name": title,
        "telecom": telecom,
        "address": [address | {"country": country.code}],
    }
    yield {
        "resourceType": "Location",
        "id": name,
        "status": "active",
        "name": title,
        "mode": "instance",
        "telecom": telecom,
        "address": address | {"country": country.code},
        "managingOrganization": reference("Organization", name),
    }


def _practitioner(practitioner: str, clinic_name: str, country: Country, draw: Draw) -> Iterator[Resource]:
    is_woman = draw.chance(0.55)
    given = draw.one_of(country.women if is_woman else country.men)
    yield {
        "resourceType": "Practitioner",
        "id": practitioner,
        "active": True,
        "name": [
            {"use": "official", "family": draw.one_of(country.families), "given": [given], "prefix": ["Dr"]}
        ],
        "telecom": [{"system": "email", "value": f"{practitioner}@example.org", "use": "work"}],
        "gender": "female" if is_woman else "male",
    }
    yield {
        "resourceType": "PractitionerRole",
        "id": practitioner,
        "active": True,
        "practitioner": reference("Practitioner", practitioner),
        "organization": reference("Organization", clinic_name),
        "code": [_DOCTOR],
        "specialty": [GENERAL_PRACTICE],
        "location": [reference("Location", clinic_name)],
    }
    yield {
        "resourceType": "Schedule",
        "id": practitioner,
        "active": True,
        "serviceType": [SERVICE],
        "specialty": [GENERAL_PRACTICE],
        "actor": [reference("Practitioner", practitioner), reference("Location", clinic_name)],
    }


def _slots(practitioner: str, index: int, timetable: Timetable) -> Iterator[Resource]:
    """Lay out the weeks. A slot is taken even where the set is too small to hold the patient who took it."""
    schedule = reference("Schedule", practitioner)
    taken = {booked_cell(place): place for place in range(index, CLINIC_SIZE, 2) if has_booked(place)}
    for number in range(SLOTS):
        cell = timetable.cell(number)
        yield {
            "resourceType": "Slot",
            "id": slot_id(practitioner, cell),
            "serviceType": [SERVICE],
            "specialty": [GENERAL_PRACTICE],
            "schedule": schedule,
            "status": _status(taken.get(number)),
            "start": cell.start,
            "end": cell.end,
        }


def _status(place: int | None) -> str:
    if place is None:
        return "free"
    return "busy-tentative" if is_pending(place) else "busy"
