"""Where a patient's clock stands, as the record says it."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from shared.calendars.zones import is_zone

TIME_ZONE = "http://hl7.org/fhir/StructureDefinition/timezone"
"""Extension of an address or a Patient, valueCode: an IANA zone."""


def time_zone_in(patient: Mapping[str, Any]) -> str | None:
    """Give the zone that a FHIR R4 Patient names, its own before those of its addresses."""
    holders = (patient, *_objects(patient.get("address")))
    extensions = (each for holder in holders for each in _objects(holder.get("extension")))
    named = (each.get("valueCode") for each in extensions if each.get("url") == TIME_ZONE)
    return next((zone for zone in named if isinstance(zone, str) and is_zone(zone)), None)


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    for each in cast("list[Any]", value) if isinstance(value, list) else []:
        if isinstance(each, Mapping):
            yield cast("Mapping[str, Any]", each)
