"""A word about a contact point as a FHIR R4 Consent (consent.html), for whoever reads the record.

It says by a code of ours on which channel it counts. Which contact point it is about, only we know; its
identifiers tell one from another, ours from others', so that it is never read as somebody else's word, and
what we wrote from what others have made of it.
"""

from collections.abc import Mapping
from typing import Any

from shared.consent.in_fhir import AS_WRITTEN, CHANNELS, OURS, TOPICS, as_written
from shared.consent.model import Choice, Consent, Purpose, Source
from shared.kernel.identity import derived
from shared.patients.contact_keys import channel_of

PURPOSES = "urn:patient-engagement:purpose"
_REASONS: Mapping[Purpose, tuple[str, str]] = {
    Purpose.COMMERCIAL: ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HMARKT"),
    Purpose.TRANSACTIONAL: ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "CAREMGT"),
    Purpose.TRACKING: (PURPOSES, "tracking"),
}
_SCOPE = ("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")
_CATEGORY = ("http://loinc.org", "59284-0")
_POLICY = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def consent_id(contact: str, consent: Consent) -> str:
    """Name it for what it is about, so that a newer word becomes its next version."""
    return derived("consent", contact, consent.patient_id, consent.purpose, consent.topic or "")


def consent_resource(contact: str, consent: Consent) -> dict[str, Any]:
    """Spell it. A word that was taken back is inactive, and says what it is silent about."""
    reference = {"reference": f"Patient/{consent.patient_id}"}
    is_yes = consent.choice is not Choice.OPTED_OUT
    resource: dict[str, Any] = {
        "resourceType": "Consent",
        "id": consent_id(contact, consent),
        "identifier": [{"system": OURS, "value": consent_id(contact, consent)}],
        "status": "inactive" if consent.choice is Choice.NOT_SET else "active",
        "scope": _concept(*_SCOPE),
        "category": [_concept(*_CATEGORY)],
        "patient": reference,
        "dateTime": consent.at.isoformat(),
        "policyRule": _concept(_POLICY, "OPTIN" if is_yes else "OPTOUT"),
        "provision": _provision(contact, consent, is_yes=is_yes),
    }
    resource["identifier"].append({"system": AS_WRITTEN, "value": as_written(resource)})
    return resource | ({"performer": [reference]} if consent.source is Source.PATIENT else {})


def _provision(contact: str, consent: Consent, *, is_yes: bool) -> dict[str, Any]:
    system, code = _REASONS[consent.purpose]
    codes = [_concept(CHANNELS, channel_of(contact))]
    if consent.topic is not None:
        codes.append(_concept(TOPICS, consent.topic))
    provision: dict[str, Any] = {
        "type": "permit" if is_yes else "deny",
        "purpose": [{"system": system, "code": code}],
        "code": codes,
    }
    return provision | ({"period": {"end": consent.until.isoformat()}} if consent.until else {})


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
