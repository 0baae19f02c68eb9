"""What a person suffers from, drawn by age: Conditions, Allergies, and the facts other files take up."""

from dataclasses import dataclass
from datetime import date, timedelta

from local.sample.codes import hl7, reference, snomed
from local.sample.draw import Draw
from local.sample.person import Person, World
from shared.fhir.ports import Resource

Diagnoses = frozenset[str]
"""The keys of the kinds a person has."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A diagnosis, and how many of the young, the middle-aged and the old have it."""

    key: str
    code: Resource
    by_age: tuple[float, float, float]


KINDS = (
    Kind("diabetes", snomed("44054006", "Diabetes"), (0.01, 0.09, 0.18)),
    Kind("prediabetes", snomed("15777000", "Prediabetes"), (0.03, 0.12, 0.14)),
    Kind("hypertension", snomed("38341003", "Hypertension"), (0.03, 0.25, 0.55)),
    Kind("hyperlipidaemia", snomed("55822004", "Hyperlipidemia"), (0.02, 0.18, 0.35)),
    Kind("asthma", snomed("195967001", "Asthma"), (0.08, 0.05, 0.05)),
    Kind("copd", snomed("185086009", "Chronic obstructive bronchitis"), (0.0, 0.03, 0.09)),
    Kind("heart failure", snomed("88805009", "Chronic congestive heart failure"), (0.0, 0.01, 0.06)),
    Kind("coronary disease", snomed("53741008", "Coronary heart disease"), (0.0, 0.03, 0.12)),
    Kind("atrial fibrillation", snomed("49436004", "Atrial fibrillation"), (0.0, 0.01, 0.08)),
    Kind("kidney disease", snomed("431855005", "Chronic kidney disease stage 1"), (0.002, 0.02, 0.08)),
    Kind("osteoporosis", snomed("64859006", "Osteoporosis"), (0.0, 0.01, 0.11)),
)
_PREGNANCY = snomed("72892002", "Normal pregnancy")
_ALLERGIES = (
    ("food", snomed("91934008", "Allergy to nut")),
    ("food", snomed("91935009", "Allergy to peanuts")),
    ("food", snomed("300913006", "Shellfish allergy")),
    ("environment", snomed("418689008", "Allergy to grass pollen")),
    ("environment", snomed("419263009", "Allergy to tree pollen")),
    ("environment", snomed("300916003", "Latex allergy")),
)
_ACTIVE = hl7("condition-clinical", "active")
_RESOLVED = hl7("condition-clinical", "resolved")
_CONFIRMED = hl7("condition-ver-status", "confirmed")
_ALLERGY_ACTIVE = hl7("allergyintolerance-clinical", "active")
_ALLERGY_CONFIRMED = hl7("allergyintolerance-verification", "confirmed")


def diagnoses(person: Person, draw: Draw) -> Diagnoses:
    """Draw which of `KINDS` the person has; who has diabetes has prediabetes no longer."""
    if person.age < 6:
        return frozenset()
    group = 0 if person.age < 40 else 1 if person.age < 65 else 2
    found = {kind.key for kind in KINDS if draw.chance(kind.by_age[group])}
    return frozenset(found - {"prediabetes"} if "diabetes" in found else found)


def conditions(world: World, person: Person, found: Diagnoses, draw: Draw) -> list[Resource]:
    """Spell the diagnoses as Conditions, and add what passes: pregnancies."""
    last = person.died_on or world.as_of
    made = [
        _condition(person, kind.key, kind.code, _years_before(last, person, draw))
        for kind in KINDS
        if kind.key in found
    ]
    return made + _pregnancies(world, person, draw)


def allergies(world: World, person: Person, draw: Draw) -> list[Resource]:
    """Give one in ten an allergy."""
    if not draw.chance(0.1):
        return []
    category, code = draw.one_of(_ALLERGIES)
    return [
        {
            "resourceType": "AllergyIntolerance",
            "id": f"{person.id}-allergy",
            "clinicalStatus": _ALLERGY_ACTIVE,
            "verificationStatus": _ALLERGY_CONFIRMED,
            "type": "allergy",
            "category": [category],
            "criticality": "high" if draw.chance(0.2) else "low",
            "code": code,
            "patient": reference("Patient", person.id),
            "recordedDate": _years_before(person.died_on or world.as_of, person, draw).isoformat(),
        }
    ]


def _years_before(last: date, person: Person, draw: Draw) -> date:
    lived = (last - person.born_on).days
    return last - timedelta(days=1 + draw.below(max(1, min(lived - 1, 15 * 365))))


def _pregnancies(world: World, person: Person, draw: Draw) -> list[Resource]:
    if person.gender != "female" or not 18 <= person.age <= 44 or person.died_on or not draw.chance(0.12):
        return []
    began = world.as_of - timedelta(days=draw.between(30, 1000))
    born = began + timedelta(days=280)
    made = _condition(person, "pregnancy", _PREGNANCY, began)
    if born < world.as_of:
        made |= {"clinicalStatus": _RESOLVED, "abatementDateTime": born.isoformat()}
    return [made]


def _condition(person: Person, key: str, code: Resource, since: date) -> Resource:
    return {
        "resourceType": "Condition",
        "id": f"{person.id}-{key.replace(' ', '-')}",
        "clinicalStatus": _ACTIVE,
        "verificationStatus": _CONFIRMED,
        "code": code,
        "subject": reference("Patient", person.id),
        "onsetDateTime": since.isoformat(),
        "recordedDate": since.isoformat(),
    }
