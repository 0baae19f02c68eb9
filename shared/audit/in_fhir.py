"""An entry as a FHIR R4 AuditEvent, for those who gather them elsewhere (R4 auditevent.html)."""

from typing import Any

from shared.audit.model import BREAK_GLASS, FAMILY, OWN_RECORD, AuditEntry, Outcome

_EVENT_TYPE = "http://dicom.nema.org/resources/ontology/DCM"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_PURPOSES = {
    BREAK_GLASS: ("BTG", "break the glass"),
    OWN_RECORD: ("PATRQT", "patient requested"),
    FAMILY: ("FAMRQT", "family requested"),
}
_OUTCOMES = {Outcome.DONE: "0", Outcome.REFUSED: "4"}
"""A refusal is a minor failure: the house did as it should, and the act was not done."""


def audit_event(entry: AuditEntry, *, observer: str, id: str | None = None) -> dict[str, Any]:  # noqa: A002  # FHIR's own word
    """Spell an entry as an AuditEvent; `observer` names this system.

    Where somebody called from is not kept, so that `agent.network` is missing: decision 37.
    """
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        **({"id": id} if id else {}),
        "type": _type(entry),
        "subtype": [{"code": entry.what}],
        "action": str(entry.kind),
        "recorded": entry.at.isoformat(),
        "outcome": _OUTCOMES[entry.outcome],
        "agent": [_agent(entry)],
        "source": {"observer": {"display": observer}},
        "entity": [{"what": {"identifier": {"value": entry.subject}}}, *_patient(entry)],
    }
    return event | _purpose(entry)


def _type(entry: AuditEntry) -> dict[str, Any]:
    if entry.patient_id is None:
        return {"system": _EVENT_TYPE, "code": "110100", "display": "Application Activity"}
    return {"system": _EVENT_TYPE, "code": "110110", "display": "Patient Record"}


def _agent(entry: AuditEntry) -> dict[str, Any]:
    roles = [{"text": role} for role in entry.roles]
    return {**({"role": roles} if roles else {}), "altId": entry.who, "requestor": True}


def _purpose(entry: AuditEntry) -> dict[str, Any]:
    code = _PURPOSES.get(entry.ground or "")
    purpose: dict[str, Any] = {}
    if code is not None:
        purpose["coding"] = [{"system": _REASON, "code": code[0], "display": code[1]}]
    if entry.why:
        purpose["text"] = entry.why
    return {"purposeOfEvent": [purpose]} if purpose else {}


def _patient(entry: AuditEntry) -> list[dict[str, Any]]:
    if entry.patient_id is None:
        return []
    role = {"system": _ROLE, "code": "1", "display": "Patient"}
    kind = {"system": _ENTITY_TYPE, "code": "1", "display": "Person"}
    return [{"what": {"reference": f"Patient/{entry.patient_id}"}, "type": kind, "role": role}]
