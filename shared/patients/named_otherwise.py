"""By what a resource that refers to no patient names one: an identifier, else its Encounter (FH-14)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from shared.patients.find_patient import escaped
from shared.patients.references import encounter_of, identifier_of_patient, is_of_a_group, patient_of
from shared.patients.their_resources import THROUGH

_LETTERS = 32


def named_otherwise(resource: Mapping[str, Any]) -> str | None:
    """Spell it as text: a digest of an identifier (`identifier_key`), or `Encounter/9`.

    Whose that is, `FindPatient` says of the record as it is. None for what refers to a patient or to a
    group, for what names nobody, and for what R4 does not let be about nobody but an Encounter.
    """
    if patient_of(resource) is not None or is_of_a_group(resource):
        return None
    identifier = identifier_of_patient(resource)
    if identifier is not None:
        return identifier_key(*identifier)
    encounter = encounter_of(resource) if resource.get("resourceType") in THROUGH else None
    return None if encounter is None else f"Encounter/{encounter}"


def identifier_key(system: str, value: str) -> str:
    """Give a digest of an identifier: equal ones are found by it, and nobody's number stands in it."""
    return digest_of(escaped(system, value))


def digest_of(text: str) -> str:
    """Give 128 bits of SHA-256 as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LETTERS]
