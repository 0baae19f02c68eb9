"""A FHIR R4 resource of a patient, flattened by its declaration; anything may stand in any element."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from shared.fhir.references import reference_of
from shared.fhir.versions import instant, updated_at, version_of
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.declarations import declaration_of
from shared.patients.facts import Fact
from shared.patients.in_fhir import end_of, mapping_of, mappings_of
from shared.patients.references import patients_in

LONGEST_TEXT = 1000
MOST_TEXTS = 20
"""Of a list with more, the rest is left out: a fact is to be read at a glance."""
IN_ERROR = "entered-in-error"
REASON = "reason"
"""Of a visit of several patients nobody can say whose it is."""


def fact_from(resource: Mapping[str, Any], patient_id: PatientId) -> Fact | None:
    """Flatten what a resource says of a patient; None where it is about others, or of no declared kind.

    What refers to no patient is taken for theirs: who calls has found out whose it is (`FindPatient`).
    """
    declared = declaration_of(str(resource.get("resourceType")))
    id_ = resource.get("id")
    named = patients_in(resource)
    if declared is None or not isinstance(id_, str) or (named and patient_id not in named):
        return None
    taking_part = [one for path in declared.people for one in _at(resource, path)]
    others = sum(_is_another(one, patient_id) for one in taking_part)
    are_several = others > (0 if named else 1)  # one whom no reference names may be the patient
    is_anybodys = are_several and resource["resourceType"] == "Appointment"
    detail = {
        name: words_at(resource, paths, of=patient_id)
        for name, paths in declared.detail.items()
        if not (is_anybodys and name == REASON)
    }
    return Fact(
        resource=f"{resource['resourceType']}/{id_}",
        patient_id=patient_id,
        version=version_of(resource),
        updated_at=updated_at(resource),
        title=Sensitive(words_at(resource, declared.title, of=patient_id)),
        status=_status(resource, declared.status),
        starts_at=_dated(resource, declared.starts, "start"),
        ends_at=_dated(resource, declared.ends, "end"),
        is_in_error=_is_in_error(resource),
        codes=Sensitive(tuple(code for path in declared.codes for code in _codes(_at(resource, path)))),
        detail=Sensitive({name: words for name, words in detail.items() if words}),
        people=_people(taking_part, are_several=are_several),
    )


def words_at(resource: Mapping[str, Any], paths: Sequence[str], *, of: PatientId | None = None) -> str | None:
    """Give what the first path that says something says, for people to read.

    Of what is said of one patient, no other is named: who else pays for them is that one's own affair.
    """
    for path in paths:
        found = [one for one in _at(resource, path) if of is None or not _is_another(one, of)]
        words = "; ".join(_some(found)) if found else ""
        if words:
            return words[:LONGEST_TEXT]
    return None


def _is_another(value: Any, patient_id: PatientId) -> bool:
    """Say whether it refers to a patient, and not surely to this one."""
    parts = mapping_of(value)
    text = parts.get("reference")
    named = reference_of(text) if isinstance(text, str) else None
    if named is None:
        return parts.get("type") == "Patient"
    return named.type == "Patient" and (bool(named.base) or named.id != patient_id)


def _some(found: Sequence[Any]) -> list[str]:
    """Give the words of each once, and not too many."""
    return list(dict.fromkeys(words for one in found if (words := _words(one))))[:MOST_TEXTS]


def _at(resource: Mapping[str, Any], path: str) -> Sequence[Any]:
    """Give what lies at a path: every item of a list by itself, nothing where there is nothing."""
    first, *others = _names(path)
    found = list(_items(resource.get(first)))
    for name in others:
        found = [inside for one in found for inside in _items(mapping_of(one).get(name))]
    return found


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _items(one)
    elif value is not None:
        yield value


@cache
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def _words(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    return _words_of(mapping_of(value)) if isinstance(value, dict) else None


def _words_of(value: Mapping[str, Any]) -> str | None:
    """Call a concept, quantity, name, contact point, note or reference by what people know it by."""
    if "code" in value and any(map(_is_choice_of_value, value)):
        return _component(value)
    texts = (value.get("text"), *(each.get("display") for each in mappings_of(value.get("coding"))))
    plain = _first_text((*texts, value.get("display")))
    return plain or _measured(value) or _named(value) or _first_text((*_coded(value), value.get("reference")))


def _component(value: Mapping[str, Any]) -> str | None:
    name, found = _words(value.get("code")), filter(_is_choice_of_value, value)
    said = next((words for key in found if (words := _words(value[key]))), None)
    return f"{name}: {said}" if name and said else said or name


def _is_choice_of_value(element: str) -> bool:
    """Say whether it is one of `value[x]`; a Quantity's own `value` is not."""
    return element.startswith("value") and element != "value"


def _coded(value: Mapping[str, Any]) -> Iterator[Any]:
    yield from (each.get("code") for each in mappings_of(value.get("coding")))
    yield value.get("code")


def _measured(value: Mapping[str, Any]) -> str | None:
    """Spell a Quantity, a Range or a Ratio."""
    for first, last, between in (("low", "high", " to "), ("numerator", "denominator", " : ")):
        if first in value or last in value:
            ends = [_measured(mapping_of(value.get(end))) for end in (first, last)]
            return between.join(end or "…" for end in ends)
    number = value.get("value")
    if isinstance(number, bool) or not isinstance(number, int | float | str):
        return None
    unit = value.get("unit") or ("" if "system" in value and isinstance(number, str) else value.get("code"))
    parts = (value.get("comparator"), str(number), unit)
    return " ".join(part for part in parts if isinstance(part, str) and part)


def _named(value: Mapping[str, Any]) -> str | None:
    """Spell a HumanName."""
    given = value.get("given")
    parts = [*(cast("list[Any]", given) if isinstance(given, list) else []), value.get("family")]
    return " ".join(part for part in parts if isinstance(part, str) and part.strip()) or None


def _first_text(values: Sequence[Any]) -> str | None:
    return next((one.strip() for one in values if isinstance(one, str) and one.strip()), None)


def _status(resource: Mapping[str, Any], paths: tuple[str, ...]) -> str | None:
    """Give the code, not its words: programs compare it."""
    found = (one for path in paths for one in _at(resource, path))
    codes = (_first_text(tuple(_coded(mapping_of(one)))) or _words(one) for one in found)
    return next((code[:LONGEST_TEXT] for code in codes if code), None)


def _is_in_error(resource: Mapping[str, Any]) -> bool:
    verified = mappings_of(mapping_of(resource.get("verificationStatus")).get("coding"))
    return resource.get("status") == IN_ERROR or any(one.get("code") == IN_ERROR for one in verified)


def _codes(values: Sequence[Any]) -> Iterator[str]:
    for coding in (each for one in values for each in mappings_of(mapping_of(one).get("coding"))):
        system, code = coding.get("system"), coding.get("code")
        if isinstance(code, str) and code:
            yield f"{system if isinstance(system, str) else ''}|{code}"


def _dated(resource: Mapping[str, Any], paths: tuple[str, ...], end: str) -> datetime | None:
    """Give the instant that the first path with a date means; of a Period that end of it."""
    for one in (found for path in paths for found in _at(resource, path)):
        moment = _period_end(one, end) if isinstance(one, dict) else _moment(one, end)
        if moment is not None:
            return moment
    return None


def _period_end(value: Any, end: str) -> datetime | None:
    return _moment(mapping_of(value).get(end), end)


def _moment(value: Any, end: str) -> datetime | None:
    """Read a time; an end that is vague lasts as long as it may (R4 Period), an instant is itself."""
    if end == "end" and isinstance(value, str) and "T" not in value:
        return end_of(value)
    return instant(value)


def _people(taking_part: Sequence[Any], *, are_several: bool) -> tuple[str, ...]:
    """Name those who take part, of this record, but for patients, and for families of several."""
    hidden = {"Patient", "RelatedPerson"} if are_several else {"Patient"}
    found = (mapping_of(one).get("reference") for one in taking_part)
    read = (reference_of(text) for text in found if isinstance(text, str))
    names = (one.text for one in read if one is not None and not one.base and one.type not in hidden)
    return tuple(dict.fromkeys(names))
