"""What was measured at the visits: HbA1c, blood pressure, body mass, LDL, and whether the person smokes."""

from local.sample.codes import hl7, loinc, quantity, reference, snomed
from local.sample.draw import Draw
from local.sample.person import Person
from local.sample.problems import Diagnoses
from local.sample.visits import Visit
from shared.fhir.ports import Resource

HBA1C = loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood")
_PRESSURE = loinc("55284-4", "Blood pressure systolic and diastolic")
_SYSTOLIC = loinc("8480-6", "Systolic blood pressure")
_DIASTOLIC = loinc("8462-4", "Diastolic blood pressure")
_BODY_MASS = loinc("39156-5", "Body mass index (BMI)")
_LDL = loinc("18262-6", "Cholesterol in LDL by direct assay")
_SMOKING = loinc("72166-2", "Tobacco smoking status")
_NEVER = snomed("266919005", "Never smoked tobacco")
_FORMER = snomed("8517006", "Former smoker")
_DAILY = snomed("449868002", "Smokes tobacco daily")
_VITAL_SIGNS = [hl7("observation-category", "vital-signs", "Vital Signs")]
_LABORATORY = [hl7("observation-category", "laboratory", "Laboratory")]
_SOCIAL_HISTORY = [hl7("observation-category", "social-history", "Social History")]


def observations(person: Person, found: Diagnoses, visits: list[Visit], draw: Draw) -> list[Resource]:
    """Measure what a practice would: more of it, and more often, for those who are ill."""
    if not visits:
        return []
    latest = visits[0]
    body_mass = quantity(_body_mass(person, found, draw), "kg/m2")
    made = [
        _measured(
            person,
            latest,
            "bmi",
            _VITAL_SIGNS,
            _BODY_MASS,
            body_mass,
        )
    ]
    if person.age >= 16:
        made += _blood_pressures(person, found, visits, draw)
        made += _long_term_sugars(person, found, visits, draw)
        made.append(_smoking(person, latest, draw))
    if person.age >= 35 and draw.chance(0.7):
        made.append(_measured(person, latest, "ldl", _LABORATORY, _LDL, quantity(_ldl(found, draw), "mg/dL")))
    return made


def _long_term_sugars(person: Person, found: Diagnoses, visits: list[Visit], draw: Draw) -> list[Resource]:
    """Measure HbA1c: with diabetes up to four times, about half of them above 7 %; else seldom, and below."""
    if "diabetes" in found:
        usual = draw.bell(7.1, 0.9)
        values = [max(5.2, draw.bell(usual, 0.35)) for _ in visits[:4]]
    elif "prediabetes" in found:
        values = [draw.bell(6.05, 0.1) for _ in visits[:2]]
    else:
        values = [draw.bell(5.3, 0.12) for _ in visits[:1] if draw.chance(0.3)]
    return [
        _measured(person, visit, "hba1c", _LABORATORY, HBA1C, quantity(round(value, 1), "%"))
        for visit, value in zip(visits, values, strict=False)
    ]


def _blood_pressures(person: Person, found: Diagnoses, visits: list[Visit], draw: Draw) -> list[Resource]:
    is_high = "hypertension" in found
    times = 3 if is_high else 1
    return [_blood_pressure(person, visit, draw, is_high=is_high) for visit in visits[:times]]


def _blood_pressure(person: Person, visit: Visit, draw: Draw, *, is_high: bool) -> Resource:
    systolic = round(draw.bell(141 if is_high else 121, 11))
    diastolic = round(draw.bell(86 if is_high else 76, 7))
    made = _observation(person, visit, "bp", _VITAL_SIGNS, _PRESSURE)
    made["component"] = [
        {"code": _DIASTOLIC, "valueQuantity": quantity(diastolic, "mm[Hg]")},
        {"code": _SYSTOLIC, "valueQuantity": quantity(systolic, "mm[Hg]")},
    ]
    return made


def _smoking(person: Person, visit: Visit, draw: Draw) -> Resource:
    lot = draw.below(100)
    status = _DAILY if lot < 11 else _FORMER if lot < 34 else _NEVER
    made = _observation(person, visit, "smoking", _SOCIAL_HISTORY, _SMOKING)
    made["valueCodeableConcept"] = status
    return made


def _body_mass(person: Person, found: Diagnoses, draw: Draw) -> float:
    usual = 17.0 if person.age < 16 else 29.5 if "diabetes" in found else 25.8
    return round(max(12.5, draw.bell(usual, 1.6 if person.age < 16 else 4.1)), 1)


def _ldl(found: Diagnoses, draw: Draw) -> float:
    return float(round(max(40.0, draw.bell(142 if "hyperlipidaemia" in found else 108, 26))))


def _measured(
    person: Person, visit: Visit, key: str, category: list[Resource], code: Resource, value: Resource
) -> Resource:
    made = _observation(person, visit, key, category, code)
    made["valueQuantity"] = value
    return made


def _observation(
    person: Person, visit: Visit, key: str, category: list[Resource], code: Resource
) -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"{visit.encounter}-{key}",
        "status": "final",
        "category": category,
        "code": code,
        "subject": reference("Patient", person.id),
        "encounter": reference("Encounter", visit.encounter),
        "effectiveDateTime": visit.cell.start,
        "issued": visit.cell.end,
    }
