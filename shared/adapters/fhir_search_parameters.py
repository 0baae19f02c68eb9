"""The search parameters of the embedded FHIR server: one table of type, name, kind and where the values lie.

Names and meanings are those of http://hl7.org/fhir/R4/searchparameter-registry.html. What stands here is
searchable and listed in the capability statement; nothing else is (decision 26).
"""

from collections.abc import Mapping
from functools import cache

from shared.adapters.fhir_search_care import CARE
from shared.adapters.fhir_search_kinds import Parameter, token, uri
from shared.adapters.fhir_search_others import OTHERS
from shared.adapters.fhir_search_people import PEOPLE
from shared.adapters.fhir_search_planning import PLANNING

ALL_TYPES = (
    token("_tag", "meta.tag"),
    token("_security", "meta.security"),
    uri("_profile", "meta.profile"),
    uri("_source", "meta.source"),
)
"""Of every resource type, beside `_id` and `_lastUpdated`."""

PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {**CARE, **PEOPLE, **PLANNING, **OTHERS}

_COMPOSITE = "a composite is asked as its parts, and those who answer are looked through"
_WORDS = "there is no index of words"
NOT_SEARCHABLE: Mapping[tuple[str, str], str] = {
    ("Location", "near"): "distances are not searched, as on Azure Health Data Services",
    ("Observation", "code-value-concept"): _COMPOSITE,
    ("Observation", "code-value-date"): _COMPOSITE,
    ("Observation", "code-value-quantity"): _COMPOSITE,
    ("Observation", "code-value-string"): _COMPOSITE,
    ("Observation", "combo-code-value-concept"): _COMPOSITE,
    ("Observation", "combo-code-value-quantity"): _COMPOSITE,
    ("Observation", "component-code-value-concept"): _COMPOSITE,
    ("Observation", "component-code-value-quantity"): _COMPOSITE,
    ("Organization", "phonetic"): "how names sound differs from language to language",
    ("Patient", "phonetic"): "how names sound differs from language to language",
    ("Practitioner", "phonetic"): "how names sound differs from language to language",
    ("Questionnaire", "context-type-quantity"): _COMPOSITE,
    ("Questionnaire", "context-type-value"): _COMPOSITE,
    ("RelatedPerson", "phonetic"): "how names sound differs from language to language",
    ("", "_content"): _WORDS,
    ("", "_text"): _WORDS,
    ("", "_query"): "there are no named queries",
    ("", "_filter"): "not on Azure Health Data Services either",
    ("", "_list"): "not on Azure Health Data Services either",
}
"""What HL7 defines for the types we know, but this server does not answer, and why."""


@cache
def parameters_of(type_: str) -> Mapping[str, Parameter]:
    """Give the parameters of a type by name."""
    return {parameter.name: parameter for parameter in (*PARAMETERS.get(type_, ()), *ALL_TYPES)}


def why_not(type_: str, name: str) -> str:
    """Say why a parameter is not answered: what HL7 does not define is simply unknown."""
    own = name.partition(":")[0].partition(".")[0]
    return NOT_SEARCHABLE.get((type_, own)) or NOT_SEARCHABLE.get(("", own)) or "unknown or not supported"
