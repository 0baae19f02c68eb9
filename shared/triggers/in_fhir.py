"""What a trigger needs to know of a FHIR R4 resource, read from dicts (D7, fhir.md §3)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from shared.fhir.ports import Resource
from shared.fhir.versions import CLOCKS_DIFFER_BY, instant, is_behind, updated_at, version_of

__all__ = [
    "CLOCKS_DIFFER_BY",
    "codings_in",
    "happened_at",
    "instant",
    "is_about_any",
    "is_behind",
    "updated_at",
    "version_of",
    "was_taken_back",
]

CODED_IN = {
    "Encounter": "type",
    "Immunization": "vaccineCode",
    "MedicationRequest": "medicationCodeableConcept",
    "Appointment": "serviceType",
    "Schedule": "serviceType",
    "Slot": "serviceType",
}
"""Where a type says what it is about, if not in `code`."""

CLINICAL_TIME_IN = (
    "effectiveDateTime",
    "effectiveInstant",
    "effectivePeriod",
    "onsetDateTime",
    "onsetPeriod",
    "performedDateTime",
    "performedPeriod",
    "occurrenceDateTime",
    "authoredOn",
    "period",
    "start",
    "recordedDate",
    "issued",
)
TAKEN_BACK = frozenset({"entered-in-error", "refuted"})


def codings_in(concepts: Any) -> Iterator[tuple[Any, Any]]:
    """Give (system, code) of every coding of one concept or a list of them."""
    for concept in cast("list[Any]", concepts) if isinstance(concepts, list) else (concepts,):
        if isinstance(concept, dict):
            for coding in cast("dict[str, Any]", concept).get("coding", ()):
                yield coding.get("system"), coding.get("code")


def is_about_any(resource: Resource, codes: frozenset[tuple[str, str]], field: str) -> bool:
    """Say whether any coding of the field is among the codes."""
    return any(coding in codes for coding in codings_in(resource.get(field)))


def was_taken_back(resource: Resource) -> bool:
    """Entered in error, or refuted: it never counts, whatever else it says."""
    if resource.get("status") in TAKEN_BACK:
        return True
    verification = resource.get("verificationStatus")
    return verification is not None and any(code in TAKEN_BACK for _, code in codings_in(verification))


def happened_at(resource: Resource) -> datetime | None:
    """Give the clinical time: when it was so, not when it was written down.

    A period counts by its end, else by its start.
    """
    for field in CLINICAL_TIME_IN:
        found = resource.get(field)
        if isinstance(found, dict):
            period = cast("dict[str, Any]", found)
            return instant(period.get("end")) or instant(period.get("start"))
        if found is not None:
            return instant(found)
    return None
