"""What a resource can be found by: its values under each search parameter, as rows for the search tables.

Two shapes are enough. A *term* is something to be equal to or begin with: a code within its system, an id
within its type, a folded text beside the text as written. A *stretch* lies between two ends: times in
microseconds, quantities in their unit.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shared.adapters.fhir_search_kinds import Kind
from shared.adapters.fhir_search_paths import fields, listed, narrowings, walks_by_element
from shared.fhir.instants import DAWN, DUSK, Span, span_of, span_of_period
from shared.fhir.references import reference_of

Term = tuple[str, str]
"""A value and the space it belongs to."""
Stretch = tuple[float, float, str]
"""Low, high, and `system|code` of the unit (empty for times)."""
LONGEST_TERM = 256
"""Longer texts are found by their beginning."""


@dataclass(frozen=True, slots=True)
class Found:
    """All rows of one resource, each with the key of its parameter."""

    terms: Sequence[tuple[str, str, str]]
    stretches: Sequence[tuple[str, float, float, str]]


def found_by(resource: Mapping[str, Any], *, home: str = "") -> Found:
    """Give the rows of a resource; what cannot be read as its kind is left out: storing comes first."""
    terms: list[tuple[str, str, str]] = []
    stretches: list[tuple[str, float, float, str]] = []
    type_ = resource.get("resourceType", "")
    walks = walks_by_element(type_)
    for element, value in resource.items():
        for key, kind, walk in walks.get(element, ()):
            values = walk(value)
            if kind is Kind.DATE:
                stretches += [(key, *stretch) for stretch in _one_stretch(values)]
            elif kind is Kind.DATES:
                stretches += [(key, *stretch) for one in values for stretch in _one_stretch((one,))]
            elif kind is Kind.QUANTITY:
                stretches += [(key, *stretch) for one in values for stretch in _quantities(one)]
            else:
                terms += [(key, *term) for one in values for term in _TERMS[kind](one, home)]
                if kind is Kind.REFERENCE:
                    terms += [term for one in values for term in _identifiers(type_, key, fields(one))]
    if type_ == "Patient":
        terms.append(("deceased", "true" if _deceased(resource) else "false", ""))
    return Found(terms, stretches)


def folded(text: str) -> str:
    """Take away what a searcher need not know: case, accents and how many spaces there are."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(text.casefold().split())[:LONGEST_TERM]


def _deceased(patient: Mapping[str, Any]) -> bool:
    """Whether there is a date, or the boolean says so; nothing said is false."""
    return bool(patient.get("deceasedDateTime") or patient.get("deceasedBoolean"))


def _codes(value: Any, _home: str) -> Iterator[Term]:
    if isinstance(value, bool):
        yield ("true" if value else "false"), ""
    elif isinstance(value, str):
        yield value[:LONGEST_TERM], ""


def _tokens(value: Any, home: str) -> Iterator[Term]:
    """Read a Coding, CodeableConcept, Identifier or ContactPoint by its shape."""
    if not isinstance(value, dict):
        yield from _codes(value, home)
        return
    for coding in listed(fields(value).get("coding", value)):
        said = fields(coding).get("code") or fields(coding).get("value")
        if isinstance(said, str):
            yield said[:LONGEST_TERM], str(fields(coding).get("system") or "")


def _references(value: Any, home: str) -> Iterator[Term]:
    text = fields(value).get("reference")
    if isinstance(text, str) and text and not text.startswith("#"):
        yield reference_term(text, home)


def _identifiers(type_: str, key: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Read by which identifier a Reference names what it points at, also where it names nothing else."""
    if "identifier" not in value:
        return
    pointed_at = value.get("type") or str(value.get("reference") or "").partition("/")[0]
    narrowed = narrowings(type_).get(key, {}).get(str(pointed_at))
    for term in _tokens(value["identifier"], ""):
        yield f"{key}:identifier", *term
        if narrowed:
            yield narrowed, *term


@lru_cache(maxsize=16_384)
def reference_term(text: str, home: str) -> Term:
    """Give the id within its type for what is ours; the whole text for what is another server's."""
    reference = reference_of(text, home=home)
    return (reference.id, reference.type) if reference and not reference.base else (text[:LONGEST_TERM], "")


def _strings(value: Any, _home: str) -> Iterator[Term]:
    """Read a text, or every part of a HumanName or Address."""
    parts = (part for name in _NAME_AND_ADDRESS for part in listed(fields(value).get(name)))
    for text in [value] if isinstance(value, str) else parts:
        if isinstance(text, str) and text:
            yield folded(text), text[:LONGEST_TERM]


_NAME_AND_ADDRESS = (
    "family",
    "given",
    "prefix",
    "suffix",
    "text",
    "line",
    "city",
    "district",
    "state",
    "postalCode",
    "country",
)


def _uris(value: Any, _home: str) -> Iterator[Term]:
    if isinstance(value, str):
        yield value[:LONGEST_TERM], ""


def _canonicals(value: Any, _home: str) -> Iterator[Term]:
    if isinstance(value, str):
        address, _, version = value.partition("|")
        yield address[:LONGEST_TERM], version[:LONGEST_TERM]


_TERMS: Mapping[Kind, Callable[[Any, str], Iterator[Term]]] = {
    Kind.CODE: _codes,
    Kind.TOKEN: _tokens,
    Kind.REFERENCE: _references,
    Kind.STRING: _strings,
    Kind.URI: _uris,
    Kind.CANONICAL: _canonicals,
}


def _one_stretch(values: Sequence[Any]) -> Iterator[Stretch]:
    """Give the stretch around all values: one row per date parameter, so that bounds share a look-up."""
    spans = [span for value in values for span in _spans(value)]
    if len(spans) == 1:
        yield spans[0].low, spans[0].high, ""
    elif spans:
        yield min(span.low for span in spans), max(span.high for span in spans), ""


def _spans(value: Any) -> Sequence[Span]:
    try:
        return (span_of(value),) if isinstance(value, str) else tuple(_spans_of_parts(fields(value)))
    except (TypeError, ValueError):
        return ()  # an import may hold anything


def _spans_of_parts(value: dict[str, Any]) -> Iterator[Span]:
    """Read a Period, or the events and bounds of a Timing."""
    if "start" in value or "end" in value:
        yield span_of_period(value)
    yield from map(span_of, listed(value.get("event")))
    bounds = fields(fields(value.get("repeat")).get("boundsPeriod"))
    if bounds:
        yield span_of_period(bounds)


def _quantities(value: Any) -> Iterator[Stretch]:
    """Read a Quantity, or a Range as everything from its low to its high."""
    quantity = fields(value)
    if "low" in quantity or "high" in quantity:
        yield from _range(fields(quantity.get("low")), fields(quantity.get("high")))
        return
    number = quantity.get("value")
    if not isinstance(number, int | float) or isinstance(number, bool):
        return
    low, high = _compared(float(number), quantity.get("comparator"))
    yield from _in_units(low, high, quantity)


def _range(low: dict[str, Any], high: dict[str, Any]) -> Iterator[Stretch]:
    ends = [low.get("value", DAWN), high.get("value", DUSK)]
    if all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends):
        yield from _in_units(float(ends[0]), float(ends[1]), low or high)


def _in_units(low: float, high: float, quantity: dict[str, Any]) -> Iterator[Stretch]:
    """Keep it under its code, and under its unit where that is spelt otherwise."""
    system, code, unit = (str(quantity.get(name) or "") for name in ("system", "code", "unit"))
    yield low, high, f"{system}|{code}"
    if unit and unit != code:
        yield low, high, f"|{unit}"


def _compared(number: float, comparator: Any) -> tuple[float, float]:
    """Read a laboratory's "<5" as everything below five."""
    return {
        "<": (float(DAWN), number),
        "<=": (float(DAWN), number),
        ">": (number, float(DUSK)),
        ">=": (number, float(DUSK)),
    }.get(comparator, (number, number))
