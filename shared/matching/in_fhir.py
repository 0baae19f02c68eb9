"""A FHIR R4 Patient as a row, so that the record is a source like any other."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.fhir.ports import Resource
from shared.patients.in_fhir import mapping_of, mappings_of

COLUMNS = frozenset(
    {
        "id", "updated", "given", "family", "birthDate", "gender", "phone", "email", "line", "city", "state",
        "postalCode", "country", "identifier",
    }
)  # fmt: skip
"""What a source that reads the record may name as a column."""


def row_of(patient: Resource) -> Mapping[str, str]:
    """Give what the first name, telecom, address and identifier in use say, by FHIR's own words."""
    name = _first(patient.get("name"))
    address = _first(patient.get("address"))
    identifiers = mappings_of(patient.get("identifier"))
    row: dict[str, Any] = {
        "id": patient.get("id"),
        "updated": mapping_of(patient.get("meta")).get("lastUpdated"),
        "given": " ".join(_texts(name.get("given"))),
        "family": name.get("family"),
        "birthDate": patient.get("birthDate"),
        "gender": patient.get("gender"),
        "phone": _telecom(patient, "phone") or _telecom(patient, "sms"),
        "email": _telecom(patient, "email"),
        "line": ", ".join(_texts(address.get("line"))),
        "city": address.get("city"),
        "state": address.get("state"),
        "postalCode": address.get("postalCode"),
        "country": address.get("country"),
        "identifier": next((one.get("value") for one in identifiers if one.get("use") != "old"), None),
    }
    return {column: value for column, value in row.items() if isinstance(value, str) and value}


def _first(value: Any) -> Mapping[str, Any]:
    """Give what is in use: the first that is not old."""
    in_use = [one for one in mappings_of(value) if one.get("use") not in ("old", "maiden")]
    return in_use[0] if in_use else mapping_of(None)


def _telecom(patient: Resource, system: str) -> Any:
    points = mappings_of(patient.get("telecom"))
    found = (one for one in points if one.get("system") == system and one.get("use") != "old")
    return next((one.get("value") for one in found), None)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, str) and one)  # pyright: ignore[reportUnknownVariableType]  # any JSON may stand here
