"""Whose resource is it? Found in the resource itself, for a change event does not say (D7)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.kernel.identity import PatientId

_REFERENCE = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
"""A relative one: a patient of the same record. On another server the same id is another person."""
_WORDS = ("subject", "patient", "for", "beneficiary", "individual")


def patient_of(resource: Mapping[str, Any]) -> PatientId | None:
    """Name the patient the resource is about, or None when it is about nobody, a group, or one contained."""
    if resource.get("resourceType") == "Patient":
        return _as_id(resource.get("id"))
    return next((found for found in map(_referred_to, _references(resource)) if found), None)


def patients_in(resource: Mapping[str, Any]) -> tuple[PatientId, ...]:
    """Name those that a resource is about: one, but for an Appointment of several."""
    if resource.get("resourceType") != "Appointment":
        found = patient_of(resource)
        return (found,) if found else ()
    named = (_referred_to(each.get("actor")) for each in _mappings(resource.get("participant")))
    return tuple(dict.fromkeys(patient_id for patient_id in named if patient_id))


def _references(resource: Mapping[str, Any]) -> Iterator[Any]:
    """Give what may refer to the patient, surest first; an Appointment names it among its participants."""
    yield from (resource.get(word) for word in _WORDS)
    yield from (each.get("actor") for each in _mappings(resource.get("participant")))


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]  # any JSON may stand here


def _referred_to(reference: Any) -> PatientId | None:
    text: Any = reference.get("reference") if isinstance(reference, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # any JSON may stand here
    found = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return PatientId(found.group(1)) if found else None


def _as_id(value: Any) -> PatientId | None:
    return PatientId(value) if isinstance(value, str) and value else None
