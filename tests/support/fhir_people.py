"""Resources as a hospital would have them; all people are made up."""

from typing import Any

LOINC = "http://loinc.org"
HBA1C = "4548-4"
UCUM = "http://unitsofmeasure.org"

Resource = dict[str, Any]


def a_patient(id: str = "maria", *, family: str = "Lindström", given: str = "Maria", **more: Any) -> Resource:  # noqa: A002  # FHIR's own word
    return {
        "resourceType": "Patient",
        "id": id,
        "identifier": [{"system": "https://clinic.example/mrn", "value": f"MRN-{id}"}],
        "active": True,
        "name": [{"family": family, "given": [given]}],
        "gender": "female",
        "birthDate": "1961-03-08",
        "telecom": [{"system": "phone", "value": "+46 70 174 06 05"}],
        **more,
    }


def an_hba1c(
    id: str = "hba1c",  # noqa: A002  # FHIR's own word
    *,
    of: str = "maria",
    value: float = 8.2,
    at: str = "2026-03-02T09:30:00+01:00",
    status: str = "final",
    code: str = HBA1C,
) -> Resource:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": status,
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{of}"},
        "effectiveDateTime": at,
        "valueQuantity": {"value": value, "unit": "%", "system": UCUM, "code": "%"},
    }


def an_encounter(id: str = "visit", *, of: str = "maria") -> Resource:  # noqa: A002  # FHIR's own word
    return {
        "resourceType": "Encounter",
        "id": id,
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{of}"},
        "period": {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T08:30:00Z"},
    }


def a_slot(id: str = "nine", *, status: str = "free", start: str = "2026-04-01T09:00:00Z") -> Resource:  # noqa: A002  # FHIR's own word
    return {
        "resourceType": "Slot",
        "id": id,
        "schedule": {"reference": "Schedule/dr-costa"},
        "status": status,
        "start": start,
        "end": "2026-04-01T09:20:00Z",
    }


def an_appointment(id: str = "visit", *, of: str = "maria", slot: str = "nine", **more: Any) -> Resource:  # noqa: A002  # FHIR's own word
    return {
        "resourceType": "Appointment",
        "id": id,
        "status": "booked",
        "slot": [{"reference": f"Slot/{slot}"}],
        "start": "2026-04-01T09:00:00Z",
        "end": "2026-04-01T09:20:00Z",
        "participant": [{"actor": {"reference": f"Patient/{of}"}, "status": "accepted"}],
        **more,
    }
