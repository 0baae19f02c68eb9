"""Reading FHIR that somebody sends us: its JSON exactly, its structure by the R4B models (fhir.md §3)."""

from typing import Any, cast

from shared.adapters.fhir_bodies import json_in
from shared.adapters.fhir_validation import require_valid
from shared.exchange.ports import FhirReading
from shared.fhir.exact_json import Decimal
from shared.fhir.ports import Resource


class R4Reading(FhirReading):
    """Reads as the embedded R4 server does."""

    def json_in(self, body: bytes) -> Any:
        return json_in(body)

    def require_valid(self, resource_type: str, id_: str | None, resource: Resource) -> None:
        require_valid(resource_type, id_, resource)

    def says_more(self, resource: Resource) -> bool:
        return _says_more(resource)


def _says_more(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_says_more, cast("dict[str, Any]", value).values()))
    if isinstance(value, list):
        return any(map(_says_more, cast("list[Any]", value)))
    return isinstance(value, Decimal) and value.text != repr(float(value))
