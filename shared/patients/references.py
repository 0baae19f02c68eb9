"""Whose resource is it? Found in the resource itself, for a change event does not say (D7)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from shared.kernel.identity import PatientId

_REFERENCE = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
"""A relative one: a patient of the same record. On another server the same id is another person."""
_GROUP = re.compile(r"(https?://.+/)?Group/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_ENCOUNTER = re.compile(r"Encounter/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_WORDS = ("subject", "patient", "for", "beneficiary", "individual")


def patient_of(resource: Mapping[str, Any]) -> PatientId | None:
    """Name the patient the resource is about, or None when it is about nobody, a group, or one contained."""
    if resource.get("resourceType") == "Patient":
        return _as_id(resource.get("id"))
    for reference in _references(resource):
        found = _referred_to(reference)
        if found:
            return found
    return None


def patients_in(resource: Mapping[str, Any]) -> tuple[PatientId, ...]:
    """Name those that a resource is about: one, but for an Appointment of several."""
    if resource.get("resourceType") != "Appointment":
        found = patient_of(resource)
        return (found,) if found else ()
    named = (_referred_to(each.get("actor")) for each in _mappings(resource.get("participant")))
    return tuple(dict.fromkeys(patient_id for patient_id in named if patient_id))


def is_of_a_group(resource: Mapping[str, Any]) -> bool:
    """Say whether it is about a group of people: then it is nobody's own."""
    held = _mapping(resource.get("subject")).get("reference")
    return isinstance(held, str) and _GROUP.fullmatch(held) is not None


def identifier_of_patient(resource: Mapping[str, Any]) -> tuple[str, str] | None:
    """Give (system, value) where the patient is named by an identifier, not by where they stand."""
    return next(identifiers_in(resource), None)


def identifiers_in(resource: Mapping[str, Any], *, also_of_others: bool = False) -> Iterator[tuple[str, str]]:
    """Give each (system, value) by which it may name its patient, surest first.

    With `also_of_others` those too that say of themselves that they are no patient's, a group's say.
    """
    for reference in map(_mapping, _references(resource)):
        named = _mapping(reference.get("identifier"))
        system, value = named.get("system"), named.get("value")
        is_meant = also_of_others or reference.get("type", "Patient") == "Patient"
        if not (is_meant and system and value):
            continue
        if isinstance(system, str) and isinstance(value, str):
            yield system, value


def identifiers_of(resource: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Give each (system, value) that it is itself known by; what lacks one of them names nobody."""
    known = ((one.get("system"), one.get("value")) for one in _mappings(resource.get("identifier")))
    return frozenset(
        (system, value)
        for system, value in known
        if isinstance(system, str) and isinstance(value, str) and system and value
    )


def encounter_of(resource: Mapping[str, Any]) -> str | None:
    """Give the id of the Encounter in which it came about."""
    context = _mapping(resource.get("context"))
    for reference in (_mapping(resource.get("encounter")), context, *_mappings(context.get("encounter"))):
        text = reference.get("reference")
        found = _ENCOUNTER.fullmatch(text) if isinstance(text, str) else None
        if found:
            return found.group(1)
    return None


def _references(resource: Mapping[str, Any]) -> Iterator[Any]:
    """Give what may refer to the patient, surest first; an Appointment names it among its participants."""
    yield from (resource.get(word) for word in _WORDS)
    yield from (each.get("actor") for each in _mappings(resource.get("participant")))


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]  # any JSON may stand here


def _referred_to(reference: Any) -> PatientId | None:
    text: Any = reference.get("reference") if isinstance(reference, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # any JSON may stand here
    found = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return PatientId(found.group(1)) if found else None


def _as_id(value: Any) -> PatientId | None:
    return PatientId(value) if isinstance(value, str) and value else None
