"""What a trigger needs to know of a FHIR R4 resource, read from dicts (D7, fhir.md §3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from shared.fhir.instants import moment_of, span_of
from shared.fhir.ports import Resource

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
CLOCKS_DIFFER_BY = timedelta(seconds=5)


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


def version_of(resource: Resource) -> int:
    """Give the integer version; a server that counts otherwise gives 0, which is never ahead of anything."""
    text = str(resource.get("meta", {}).get("versionId", ""))
    return int(text) if text.isdecimal() else 0


def updated_at(resource: Resource) -> datetime | None:
    """Give when it was written down, by its server's clock."""
    return instant(resource.get("meta", {}).get("lastUpdated"))


def is_behind(resource: Resource, version: int, at: datetime) -> bool:
    """Say whether what was read is older than what was announced.

    After a hard delete versions begin again at 1, so a later `lastUpdated` outweighs a smaller version.
    """
    if version_of(resource) >= version:
        return False
    updated = updated_at(resource)
    return updated is None or at - updated > CLOCKS_DIFFER_BY


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


def instant(text: Any) -> datetime | None:
    """Read a FHIR date, dateTime or instant as the first moment it may mean, in UTC; None if it is none."""
    try:
        return moment_of(span_of(text).low) if isinstance(text, str) else None
    except (ValueError, OverflowError):  # no time, or one outside the years 1 to 9999 in UTC
        return None
