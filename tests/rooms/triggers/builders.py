"""Results and triggers with sensible people in them."""

from datetime import UTC, datetime
from typing import Any

from shared.fhir.criteria import Code, ValueIs
from shared.fhir.ports import Resource
from shared.triggers.model import COUNTED, Condition, TriggerDraft

LOINC = "http://loinc.org"
HBA1C = Code(LOINC, "4548-4")
ABOVE_SEVEN = ValueIs("value", "above", 7.0, unit="%")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def quantity(value: float, unit: str = "%", **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit, **more}


def concept(*codes: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": "as shown"} for system, code in codes]}


def an_hba1c(value: float = 8.1, *, of: str = "ada", **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "id": "march",
        "status": "final",
        "code": concept((LOINC, "4548-4")),
        "subject": {"reference": f"Patient/{of}"},
        "effectiveDateTime": "2026-03-02T08:30:00Z",
        "valueQuantity": quantity(value),
        **more,
    }


def a_draft(*conditions: Condition, **more: Any) -> TriggerDraft:
    settled: dict[str, Any] = {
        "name": "HbA1c above 7 %",
        "resource_type": "Observation",
        "when": "either",
        "codes": (HBA1C,),
        "conditions": conditions or (ABOVE_SEVEN,),
        "statuses": COUNTED,
        "fresh_for_days": 90,
        "state": "ready_to_use",
    }
    return TriggerDraft(**{**settled, **more})


def an_event(**more: Any) -> dict[str, Any]:
    """Give what Event Grid sends in its own schema (fhir.md §2.1)."""
    data = {
        "resourceType": "Observation",
        "resourceFhirAccount": "hospital.fhir.azurehealthcareapis.com",
        "resourceFhirId": "march",
        "resourceVersionId": 1,
    }
    return {
        "id": "e4c7f556-d72c-e7f7-1069-1e82ac76ab41",
        "topic": "/subscriptions/0/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w",
        "subject": "hospital.fhir.azurehealthcareapis.com/Observation/march",
        "eventType": "Microsoft.HealthcareApis.FhirResourceCreated",
        "eventTime": "2026-03-02T09:00:00.1234567Z",
        "dataVersion": "1",
        "metadataVersion": "1",
        "data": data,
        **more,
    }


def a_cloud_event(**more: Any) -> dict[str, Any]:
    """Give the same as CloudEvents 1.0, with the newer names of its fields (FH-2)."""
    return {
        "id": "e4c7f556-d72c-e7f7-1069-1e82ac76ab41",
        "source": "/subscriptions/0/resourceGroups/g/providers/Microsoft.HealthcareApis/workspaces/w",
        "specversion": "1.0",
        "type": "Microsoft.HealthcareApis.FhirResourceUpdated",
        "time": "2026-03-02T09:00:00.1234567Z",
        "subject": "hospital.fhir.azurehealthcareapis.com/Observation/march",
        "dataschema": "#2",
        "data": {
            "fhirResourceType": "Observation",
            "fhirServiceHostName": "hospital.fhir.azurehealthcareapis.com",
            "fhirResourceId": "march",
            "fhirResourceVersionId": "2",
        },
        **more,
    }
