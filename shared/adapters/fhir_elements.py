"""The elements of R4's resources, as the R4B models know them (fhir.md §3)."""

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from shared.adapters.fhir_validation import model_of
from shared.exchange.ports import Element, FhirElements
from shared.fhir.resource_types import SAME_IN_R4B

_PYTHONS = {"bool": "boolean", "int": "integer", "str": "string", "Decimal": "decimal"}


class R4Elements(FhirElements):
    """Walks the models; costs their loading once, 150 ms."""

    def element_at(self, resource_type: str, names: Sequence[str]) -> Element | None:
        if resource_type not in SAME_IN_R4B:
            return None
        found: Element | None = Element(resource_type, repeats=False)
        for name in names:
            found = _part(found.type, name) if found and found.type[:1].isupper() else None
        return found


def _part(of: str, name: str) -> Element | None:
    if of == "Resource" or name == "fhir_comments":
        return None
    fields: dict[str, Any] = model_of(of).model_fields
    field = next((one for own, one in fields.items() if (one.alias or own) == name), None)
    return None if field is None else _element(field.annotation, field.metadata)


def _element(annotation: Any, told: Sequence[Any]) -> Element:
    """Read `Optional[List[Annotated[str, Code()]]]` as a `code` that repeats."""
    repeats = False
    told = list(told)
    while (parts := get_args(annotation)) and get_origin(annotation) is not None:
        if hasattr(annotation, "__metadata__"):
            told += annotation.__metadata__
        repeats = repeats or get_origin(annotation) is list
        annotation = next(one for one in parts if one is not type(None))
    return Element(_named(annotation, told), repeats)


def _named(python: Any, told: Sequence[Any]) -> str:
    name: str = getattr(python, "__name__", str(python))
    if told:
        name = type(told[-1]).__name__
        return name[:1].lower() + name[1:]
    return _PYTHONS.get(name) or name.removesuffix("Type")
