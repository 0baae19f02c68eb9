"""What was done: MedicationRequests against what a person has, Immunizations against what they may get."""

from datetime import timedelta

from local.sample.codes import cvx, reference, rxnorm
from local.sample.draw import Draw
from local.sample.person import Person, World, practitioner_of
from local.sample.problems import Diagnoses
from local.sample.visits import Visit
from shared.fhir.ports import Resource

_MEDICATIONS = (
    ("diabetes", 0.85, rxnorm("860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet")),
    ("hypertension", 0.6, rxnorm("316049", "Hydrochlorothiazide 25 MG")),
    ("hypertension", 0.45, rxnorm("197361", "Amlodipine 5 MG Oral Tablet")),
    ("hyperlipidaemia", 0.7, rxnorm("312961", "Simvastatin 20 MG Oral Tablet")),
    ("asthma", 0.8, rxnorm("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler")),
    ("coronary disease", 0.75, rxnorm("309362", "Clopidogrel 75 MG Oral Tablet")),
    ("atrial fibrillation", 0.7, rxnorm("855332", "Warfarin sodium 5 MG Oral Tablet")),
    ("heart failure", 0.5, rxnorm("197604", "Digoxin 0.125 MG Oral Tablet")),
)
_INFLUENZA = cvx("140", "Influenza, seasonal, injectable, preservative free")
_TETANUS = cvx("113", "Td (adult) preservative free")
_ZOSTER = cvx("121", "zoster")
_PNEUMOCOCCAL = cvx("133", "Pneumococcal conjugate PCV 13")


def medications(person: Person, found: Diagnoses, visits: list[Visit], draw: Draw) -> list[Resource]:
    """Prescribe at one of the visits; some orders have been stopped since."""
    if not visits:
        return []
    given = [
        (nth, code)
        for nth, (key, often, code) in enumerate(_MEDICATIONS)
        if key in found and draw.chance(often)
    ]
    return [_order(person, nth, code, draw.one_of(visits), draw) for nth, code in given]


def immunizations(world: World, person: Person, draw: Draw) -> list[Resource]:
    """Vaccinate: influenza in some of the last three autumns, tetanus, and in old age what belongs to it."""
    last = person.died_on or world.as_of
    often = 0.3 if person.age < 65 else 0.7
    doses = [(f"flu-{year}", _INFLUENZA, 20 + year * 365 + draw.below(60), often) for year in range(3)]
    doses.append(("td", _TETANUS, 100 + draw.below(3000), 0.25))
    if person.age >= 65:
        doses.append(("zoster", _ZOSTER, 50 + draw.below(1500), 0.4))
        doses.append(("pneumo", _PNEUMOCOCCAL, 50 + draw.below(2000), 0.5))
    lived = (last - person.born_on).days
    return [
        _dose(person, key, code, (last - timedelta(days=days)).isoformat())
        for key, code, days, chance in doses
        if draw.chance(chance) and days < lived - 180
    ]


def _order(person: Person, nth: int, code: Resource, visit: Visit, draw: Draw) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": f"{person.id}-order-{nth}",
        "status": "stopped" if draw.chance(0.15) else "active",
        "intent": "order",
        "medicationCodeableConcept": code,
        "subject": reference("Patient", person.id),
        "encounter": reference("Encounter", visit.encounter),
        "authoredOn": visit.cell.start,
        "requester": reference("Practitioner", practitioner_of(person)),
    }


def _dose(person: Person, key: str, code: Resource, on: str) -> Resource:
    return {
        "resourceType": "Immunization",
        "id": f"{person.id}-{key}",
        "status": "completed",
        "vaccineCode": code,
        "patient": reference("Patient", person.id),
        "occurrenceDateTime": on,
        "primarySource": True,
    }
