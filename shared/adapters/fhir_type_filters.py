"""`_typeFilter` of a bulk export: searches that what is exported of a type must meet, one of them at least.

http://hl7.org/fhir/uv/bulkdata/export.html#_typefilter-query-parameter
"""

import re
from collections.abc import Collection, Sequence

from shared.adapters.fhir_bundle_entries import pairs_of
from shared.adapters.fhir_search_query import Criterion, question
from shared.fhir.refusals import NotSupported
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.refusals import Nonsense

TypeFilter = tuple[str, str]
"""A type, and the search as its query string has it."""
_NEXT_ONE = re.compile(r",(?=[A-Z][A-Za-z]{1,63}\?)")


def type_filters_in(values: Collection[str], *, among: Collection[str], lenient: bool) -> list[TypeFilter]:
    """Read them; `among` are the types that are exported, if told.

    Raises `Nonsense` or `NotSupported` for what is no such search. With `lenient` it is as if it had not been
    said.
    """
    found: list[TypeFilter] = []
    for text in (one for value in values for one in _NEXT_ONE.split(value)):
        try:
            found.append(_filter_in(text, among))
        except Nonsense:
            if not lenient:
                raise
    return found


def _filter_in(text: str, among: Collection[str]) -> TypeFilter:
    type_, mark, query = text.partition("?")
    if not mark or type_ not in R4_TYPES:
        raise Nonsense(("_typeFilter", "not of the form Type?search"))
    if among and type_ not in among:
        raise Nonsense(("_typeFilter", "of a type that _type does not name"))
    criteria_of((type_, query))
    return type_, query


def criteria_of(one: TypeFilter) -> Sequence[Criterion]:
    """Read what it asks. Raises `Nonsense`, or `NotSupported` for what this server does not search by."""
    type_, query = one
    asked = question(type_, pairs_of(query), strict=True)
    if not asked.criteria or len(asked.criteria) < len(asked.used):
        raise NotSupported(("_typeFilter", "only what a resource must meet can be asked, not how to answer"))
    return asked.criteria
