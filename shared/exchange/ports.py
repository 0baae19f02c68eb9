"""What room exchange asks of those who know FHIR's letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.fhir.ports import Resource


class FhirReading(Protocol):
    """Reads FHIR as it is sent, and says whether an R4 server would take it."""

    def json_in(self, body: bytes) -> Any:
        """Read JSON, numbers as they were written. Raises `Nonsense` for what is none or is ambiguous."""
        ...

    def require_valid(self, resource_type: str, id_: str | None, resource: Resource) -> None:
        """Raise `Nonsense`, by FHIRPaths without values, unless the resource is built as R4 says."""
        ...

    def says_more(self, resource: Resource) -> bool:
        """Say whether a number in it is written more exactly than a reader keeps it: 1.50 is not 1.5."""
        ...


@dataclass(frozen=True, slots=True)
class Element:
    """What R4 says of an element: its type (`date`, `CodeableConcept`), and whether it may be repeated."""

    type: str
    repeats: bool


class FhirElements(Protocol):
    """Knows the elements of R4's resources."""

    def element_at(self, resource_type: str, names: Sequence[str]) -> Element | None:
        """Give the element that these names lead to, or None where R4 has none."""
        ...
