"""An entry as a FHIR R4 AuditEvent, for those who gather them elsewhere."""

from typing import Any

from shared.audit.model import AuditEntry

_EVENT_TYPE = "http://dicom.nema.org/resources/ontology/DCM"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"


def audit_event(entry: AuditEntry, *, observer: str) -> dict[str, Any]:
    """Spell an entry as an AuditEvent (R4 auditevent.html); `observer` names this system."""
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "type": {"system": _EVENT_TYPE, "code": "110100", "display": "Application Activity"},
        "subtype": [{"code": entry.what}],
        "recorded": entry.at.isoformat(),
        "outcome": "0",
        "agent": [{"altId": entry.who, "requestor": True}],
        "source": {"observer": {"display": observer}},
        "entity": [{"what": {"identifier": {"value": entry.subject}}}, *_patient(entry)],
    }
    return event | ({"purposeOfEvent": [{"text": entry.why}]} if entry.why else {})


def _patient(entry: AuditEntry) -> list[dict[str, Any]]:
    if entry.patient_id is None:
        return []
    role = {"system": _ROLE, "code": "1", "display": "Patient"}
    return [{"what": {"reference": f"Patient/{entry.patient_id}"}, "role": role}]
