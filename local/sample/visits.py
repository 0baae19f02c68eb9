"""Three years of visits: Encounters, and the Appointments they came from, were missed at, or lie ahead."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from local.sample.clinics import GENERAL_PRACTICE, SERVICE, booked_cell, is_pending, slot_id
from local.sample.codes import act_code, hl7, reference, snomed
from local.sample.draw import Draw
from local.sample.person import CLINIC_SIZE, Person, World, has_booked, practitioner_of
from local.sample.timetable import CELLS_A_DAY, Cell, Timetable
from shared.fhir.ports import Resource

_ON_ONE_LIST = CLINIC_SIZE // 2
_SPACING = 7
_WINDOW = 84 * CELLS_A_DAY  # about four months; holds every patient of the list once, seven cells apart
_SHUFFLES = (7, 11, 13, 17, 19, 21, 23, 27, 29)  # none shares a divisor with the length of a list
_CHECK_UP = snomed("185349003", "Encounter for check up")
_SYMPTOM = snomed("185345009", "Encounter for symptom")
_EMERGENCY = snomed("50849002", "Emergency room admission")
_ADMISSION = snomed("32485007", "Hospital admission")
_BY_PATIENT = hl7("appointment-cancellation-reason", "pat", "Patient")
_HOME = hl7("discharge-disposition", "home", "Home")


@dataclass(frozen=True, slots=True)
class Visit:
    """A time the patient was seen in the clinic."""

    encounter: str
    cell: Cell


def past_visits(person: Person, timetable: Timetable, draw: Draw) -> tuple[list[Visit], list[Resource]]:
    """Draw what came of the person's nine turns in three years: the visits, and every resource they left.

    Each turn is a cell that nobody else on the practitioner's list has, so no two visits ever overlap.
    """
    often = 0.3 + min(person.age, 80) / 160
    visits: list[Visit] = []
    left: list[Resource] = []
    for turn in range(len(_SHUFFLES)):
        cell = timetable.cell(_turn(person.place // 2, turn))
        comes, stays_away = draw.chance(often), draw.chance(0.11)
        if not _is_alive(person, cell.day) or not (comes or stays_away):
            continue
        if stays_away:
            left.append(_missed(person, turn, cell, cancelled=draw.chance(0.45)))
            continue
        visits.append(Visit(f"{person.id}-visit-{turn}", cell))
        left.append(_appointment(person, f"past-{turn}", cell, "fulfilled"))
        left.append(_encounter(person, turn, cell, _SYMPTOM if draw.chance(0.4) else _CHECK_UP))
    return visits, left


def future_visits(person: Person, timetable: Timetable) -> list[Resource]:
    """Book the slot the clinic has kept for the person, if it has and they can come."""
    if not has_booked(person.place) or not person.may_come:
        return []
    cell = timetable.cell(booked_cell(person.place))
    status = "pending" if is_pending(person.place) else "booked"
    booked = _appointment(person, cell.clock, cell, status)
    booked["slot"] = [reference("Slot", slot_id(practitioner_of(person), cell))]
    return [booked]


def hospital_stays(world: World, person: Person, draw: Draw) -> list[Resource]:
    """Draw emergencies and admissions of the last two years; the old have more of them."""
    emergency, admission = draw.chance(0.09), draw.chance(0.03 if person.age < 65 else 0.1)
    left: list[Resource] = []
    if emergency:
        left.append(_stay(world, person, draw, "EMER", _EMERGENCY, hours=draw.between(1, 9)))
    if admission:
        left.append(_stay(world, person, draw, "IMP", _ADMISSION, hours=draw.between(20, 200)))
    return [stay for stay in left if _is_alive(person, date.fromisoformat(stay["period"]["end"][:10]))]


def _turn(place: int, turn: int) -> int:
    shuffled = (place * _SHUFFLES[turn] + turn * 31) % _ON_ONE_LIST
    return -(turn * _WINDOW + shuffled * _SPACING + 1)


def _is_alive(person: Person, day: date) -> bool:
    return person.born_on < day and (person.died_on is None or day < person.died_on)


def _missed(person: Person, turn: int, cell: Cell, *, cancelled: bool) -> Resource:
    if not cancelled:
        return _appointment(person, f"past-{turn}", cell, "noshow")
    return _appointment(person, f"past-{turn}", cell, "cancelled") | {"cancelationReason": _BY_PATIENT}


def _appointment(person: Person, which: str, cell: Cell, status: str) -> Resource:
    answer = "needs-action" if status == "pending" else "accepted"
    return {
        "resourceType": "Appointment",
        "id": f"{person.id}-appt-{which}",
        "status": status,
        "serviceType": [SERVICE],
        "specialty": [GENERAL_PRACTICE],
        "description": person.country.visit,
        "start": cell.start,
        "end": cell.end,
        "minutesDuration": 20,
        "participant": [
            {"actor": reference("Patient", person.id), "required": "required", "status": answer},
            {
                "actor": reference("Practitioner", practitioner_of(person)),
                "required": "required",
                "status": "accepted",
            },
            {
                "actor": reference("Location", person.clinic),
                "required": "information-only",
                "status": "accepted",
            },
        ],
    }


def _encounter(person: Person, turn: int, cell: Cell, why: Resource) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": f"{person.id}-visit-{turn}",
        "status": "finished",
        "class": act_code("AMB"),
        "type": [why],
        "subject": reference("Patient", person.id),
        "participant": [{"individual": reference("Practitioner", practitioner_of(person))}],
        "appointment": [reference("Appointment", f"{person.id}-appt-past-{turn}")],
        "period": {"start": cell.start, "end": cell.end},
        "serviceProvider": reference("Organization", person.clinic),
    }


def _stay(world: World, person: Person, draw: Draw, kind: str, why: Resource, *, hours: int) -> Resource:
    zone = ZoneInfo(person.country.zone)
    began = datetime.combine(
        world.as_of - timedelta(days=draw.between(12, 730)), time(draw.below(24), 30), zone
    )
    ended = datetime.fromtimestamp(began.timestamp() + hours * 3600, zone)
    stay: Resource = {
        "resourceType": "Encounter",
        "id": f"{person.id}-{kind.lower()}",
        "status": "finished",
        "class": act_code(kind),
        "type": [why],
        "subject": reference("Patient", person.id),
        "period": {"start": began.isoformat(), "end": ended.isoformat()},
        "serviceProvider": reference("Organization", person.clinic),
    }
    return stay | {"hospitalization": {"dischargeDisposition": _HOME}} if kind == "IMP" else stay
