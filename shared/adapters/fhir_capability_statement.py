"""What the embedded FHIR server can do, said from the very tables by which it does it."""

from collections.abc import Iterator
from typing import Any

from shared.adapters.fhir_search_kinds import Kind
from shared.adapters.fhir_search_parameters import PARAMETERS, parameters_of
from shared.fhir.resource_types import R4_TYPES

SINCE = "2026-11-29"
"""When this description last changed in kind."""

_EXPORTED = {"Patient": "patient-export", "Group": "group-export"}
_INTERACTIONS = (
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
)


def capability_statement(base_url: str) -> dict[str, Any]:
    """Describe the server at `base_url`."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": SINCE,
        "kind": "instance",
        "software": {"name": "Embedded FHIR R4 server"},
        "implementation": {"description": "The clinical record of a local host", "url": base_url},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "resource": [_resource(type_) for type_ in sorted(R4_TYPES)],
                "interaction": [{"code": code} for code in ("transaction", "batch", "history-system")],
                "operation": [_operation("export")],
            }
        ],
    }


def _resource(type_: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": type_,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "searchParam": list(_parameters(type_)),
    }
    if includes := _includes(type_):
        said["searchInclude"] = includes
    if reverse := _reverse_includes(type_):
        said["searchRevInclude"] = reverse
    if type_ in _EXPORTED:
        said["operation"] = [_operation(_EXPORTED[type_])]
    return said


def _operation(name: str) -> dict[str, str]:
    return {"name": "export", "definition": f"http://hl7.org/fhir/uv/bulkdata/OperationDefinition/{name}"}


def _parameters(type_: str) -> Iterator[dict[str, str]]:
    yield {"name": "_id", "type": "token"}
    yield {"name": "_lastUpdated", "type": "date"}
    for parameter in parameters_of(type_).values():
        yield {"name": parameter.name, "type": parameter.kind.in_fhir}


def _includes(type_: str) -> list[str]:
    named = [p.name for p in parameters_of(type_).values() if p.kind is Kind.REFERENCE]
    return [f"{type_}:{name}" for name in (*named, *(["*"] if named else []))]


def _reverse_includes(type_: str) -> list[str]:
    """Name those whose parameter says what it points at; others work too, but their table does not say."""
    return [
        f"{source}:{p.name}"
        for source, listed in PARAMETERS.items()
        for p in listed
        if p.kind is Kind.REFERENCE and type_ in (p.only, p.name.capitalize())
    ]
