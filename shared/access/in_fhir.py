"""What room access reads in the record: dates of birth, mailboxes, merged records, the family (FHIR R4)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, cast

from shared.fhir.instants import microseconds, span_of_period
from shared.fhir.ports import Resource
from shared.fhir.references import ID, reference_of
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive


def is_id(text: str) -> bool:
    """Say whether it can be a logical id at all."""
    return ID.fullmatch(text) is not None


def birth_date_of(patient: Resource) -> Sensitive[date] | None:
    """Give the date of birth where the record knows the day (Patient.birthDate may be a year or a month)."""
    told = patient.get("birthDate")
    try:
        return Sensitive(date.fromisoformat(told)) if isinstance(told, str) and len(told) == 10 else None
    except ValueError:
        return None


def mailbox_of(patient: Resource) -> Sensitive[str] | None:
    """Give the e-mail address to fill in beforehand: not an old one, the most preferred first."""
    told = [
        point
        for point in _objects(patient.get("telecom"))
        if point.get("system") == "email"
        and point.get("use") != "old"
        and isinstance(point.get("value"), str)
    ]
    best = min(told, key=_rank, default=None)
    return Sensitive(best["value"].strip()) if best else None


def replaced_by(patient: Resource) -> PatientId | None:
    """Name the record that stands in this one's place (Patient.link `replaced-by`); of several, the first."""
    return next(_linked(patient, "replaced-by"), None)


def contradicts_itself(patient: Resource) -> bool:
    """Say whether several records are to stand in this one's place, or one whose place this one has taken."""
    successors = set(_linked(patient, "replaced-by"))
    return len(successors) > 1 or not successors.isdisjoint(_linked(patient, "replaces"))


def _linked(patient: Resource, kind: str) -> Iterator[PatientId]:
    links = (link for link in _objects(patient.get("link")) if link.get("type") == kind)
    return (found for link in links if (found := _patient(link.get("other"))))


def can_be_invited(patient: Resource) -> bool:
    """Say whether this is the record of somebody living, in use, and merged into no other."""
    is_dead = patient.get("deceasedBoolean") is True or bool(patient.get("deceasedDateTime"))
    return patient.get("active") is not False and not is_dead and replaced_by(patient) is None


def is_related(person: Resource, patient_id: PatientId, now: datetime) -> bool:
    """Say whether a RelatedPerson is the patient's own, in use, and within its period."""
    return (
        person.get("active") is not False
        and _patient(person.get("patient")) == patient_id
        and _covers(person.get("period"), microseconds(now))
    )


def _covers(period: Any, instant: int) -> bool:
    """Say whether a Period covers an instant; one that cannot be read covers none."""
    told = _object({} if period is None else period)
    if told is _NO_OBJECT or "" in (told.get("start"), told.get("end")):
        return False
    try:
        span = span_of_period(dict(told))
    except (ValueError, TypeError):
        return False
    return span.low <= instant <= span.high


def _rank(point: Mapping[str, Any]) -> int:
    rank = point.get("rank")
    return rank if isinstance(rank, int) and rank > 0 else 1_000_000


def _patient(reference: Any) -> PatientId | None:
    """Name the patient of the same record that is referred to; on another server the same id is another's."""
    text = _object(reference).get("reference")
    found = reference_of(text) if isinstance(text, str) else None
    return PatientId(found.id) if found and found.type == "Patient" and not found.base else None


_NO_OBJECT: Mapping[str, Any] = MappingProxyType({})


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else _NO_OBJECT


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Give the JSON objects of what should be a list of them."""
    held = cast("Sequence[Any]", value) if isinstance(value, list) else ()
    return (cast("Mapping[str, Any]", one) for one in held if isinstance(one, Mapping))
