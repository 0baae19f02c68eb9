"""Whether an R4 server would take a resource: structure only, by the R4B models (fhir.md §3)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from shared.fhir.references import ID
from shared.fhir.refusals import ResourceTypeUnknown
from shared.fhir.resource_types import R4_TYPES, SAME_IN_R4B
from shared.fhir.soundness import require_references, require_shallow
from shared.kernel.refusals import Nonsense

MOST_PROBLEMS = 20
_RULES = {"missing": "missing, and R4 requires it", "extra forbidden": "no element of R4"}
"""The rules that are broken most, as R4 puts them; the others are named as the models name them."""
_OUR_WORD = re.compile(r"[A-Za-z_]{1,40}")


def known(type_: str) -> str:
    """Give the type back. Raises `ResourceTypeUnknown`."""
    if type_ not in R4_TYPES:
        raise ResourceTypeUnknown
    return type_


def require_valid(type_: str, id_: str | None, resource: dict[str, Any]) -> None:
    """Raise `Nonsense` with FHIRPaths unless it is of the type, has the id and is built as R4 says."""
    if resource.get("resourceType") != type_:
        raise Nonsense(("resourceType", "is not the type it is sent as"))
    if id_ is not None:
        require_id(id_)
        if resource.get("id") != id_:
            raise Nonsense((f"{type_}.id", "is not the id it is sent to"))
    if not isinstance(resource.get("meta", {}), dict):
        raise Nonsense((f"{type_}.meta", "not an object"))
    require_shallow(resource)
    if type_ in SAME_IN_R4B:
        _require_structure(type_, resource)
    require_references(type_, resource)


def require_id(id_: str) -> None:
    if not ID.fullmatch(id_):
        raise Nonsense(("id", "not a FHIR id"))


def _require_structure(type_: str, resource: dict[str, Any]) -> None:
    from pydantic import ValidationError  # noqa: PLC0415  # 70 ms that reading need not pay

    try:
        model_of(type_).model_validate(resource)
    except ValidationError as error:
        raise Nonsense(*_problems(type_, error)) from None
    except Exception:  # noqa: BLE001  # the models raise KeyError and more on unknown contained types (fhir.md §3 e)
        raise Nonsense((type_, "not built as FHIR R4 says")) from None


@cache
def model_of(type_: str) -> Any:
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415  # 150 ms that reading need not pay

    return get_fhir_model_class(type_)


def _problems(type_: str, error: Any) -> Iterator[tuple[str, str]]:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    for problem in found[:MOST_PROBLEMS]:
        kind = str(problem["type"]).rpartition(".")[2].replace("_", " ")
        yield _path(type_, problem["loc"]), _RULES.get(kind, kind)


def _path(type_: str, location: tuple[int | str, ...]) -> str:
    """Spell a FHIRPath; a name that is no word of ours could itself be a value (D17)."""
    steps = (
        f"[{step}]" if isinstance(step, int) else f".{step if _OUR_WORD.fullmatch(step) else '?'}"
        for step in location
    )
    return type_ + "".join(steps)
