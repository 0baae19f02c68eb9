"""Patients as the record spells them."""

from typing import Any

from shared.fhir.ports import Resource


def phone(value: str, use: str | None = "mobile", **more: Any) -> dict[str, Any]:
    return {"system": "phone", "value": value, **({"use": use} if use else {}), **more}


def email(value: str, **more: Any) -> dict[str, Any]:
    return {"system": "email", "value": value, **more}


def a_patient(of: str = "ada", *telecom: dict[str, Any], language: str = "en-GB", **more: Any) -> Resource:
    """Give Ada O'Neill, who has a mobile and a mailbox unless told otherwise."""
    return {
        "resourceType": "Patient",
        "id": of,
        "active": True,
        "name": [{"use": "official", "family": "O'Neill", "given": ["Ada", "Maria"]}],
        "telecom": list(telecom) or [phone("07700 900123"), email("Ada.ONeill@Example.ORG")],
        "birthDate": "1961-05-04",
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": language}]}}],
        **more,
    }
