"""FHIR R4 resources, flattened into facts; what does not count by the rules of fhir.md §5 becomes none."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from math import isfinite
from typing import Any, cast

from shared.fhir.instants import moment_of, span_of
from shared.kernel.identity import PatientId
from shared.patients.in_fhir import mapping_of, mappings_of
from shared.patients.named_otherwise import named_otherwise
from shared.patients.references import patient_of, patients_in
from shared.segments.facts import TABLES, ComponentFacts, ProfileFacts, RecordFacts, coded
from shared.segments.questions.profile import month_day
from shared.segments.rules import ResourceType

Resource = Mapping[str, Any]

WHOLE_DATE = 10
"""Letters in a date that names the day."""
NEVER_COUNTS = frozenset({"entered-in-error", "refuted"})
STANDS: Mapping[str, frozenset[str]] = {
    "Observation": frozenset({"final", "amended", "corrected"}),
    "Immunization": frozenset({"completed"}),
    "Procedure": frozenset({"completed"}),
    "DiagnosticReport": frozenset({"final", "amended", "corrected", "appended"}),
}
"""Statuses in which a resource counts, where not in any."""
MUST_BE_DATED = frozenset({"Observation", "Encounter"})
CODED_IN = {
    "Appointment": "serviceType",
    "CarePlan": "category",
    "CareTeam": "category",
    "Coverage": "type",
    "Encounter": "type",
    "Immunization": "vaccineCode",
    "MedicationRequest": "medicationCodeableConcept",
    "RelatedPerson": "relationship",
}
"""Where a type says what it is about, if not in `code`."""
STARTS_IN: Mapping[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("onsetDateTime", "onsetPeriod", "recordedDate"),
    "Appointment": ("start",),
    "CarePlan": ("period", "created"),
    "CareTeam": ("period",),
    "Condition": ("onsetDateTime", "onsetPeriod", "recordedDate"),
    "Coverage": ("period",),
    "DiagnosticReport": ("effectiveDateTime", "effectivePeriod", "issued"),
    "Encounter": ("period",),
    "Immunization": ("occurrenceDateTime",),
    "MedicationRequest": ("authoredOn",),
    "Observation": ("effectiveDateTime", "effectiveInstant", "effectivePeriod"),
    "Procedure": ("performedDateTime", "performedPeriod"),
    "RelatedPerson": ("period",),
}
ENDS_IN: Mapping[str, tuple[str, ...]] = {
    "Appointment": ("end",),
    "CarePlan": ("period",),
    "CareTeam": ("period",),
    "Condition": ("abatementDateTime", "abatementPeriod", "onsetPeriod"),
    "Coverage": ("period",),
    "DiagnosticReport": ("effectivePeriod",),
    "Encounter": ("period",),
    "Observation": ("effectivePeriod",),
    "Procedure": ("performedPeriod",),
    "RelatedPerson": ("period",),
}


def profile_facts(resource: Resource) -> ProfileFacts | None:
    """Flatten a Patient; None for what is none."""
    patient_id = patient_of(resource)
    if resource.get("resourceType") != "Patient" or patient_id is None:
        return None
    born = _instant(resource.get("birthDate"))
    death = resource.get("deceasedDateTime")
    died_at = _instant(death)
    has_died = resource.get("deceasedBoolean") is True or (died_at is None and bool(death))
    return ProfileFacts(
        patient_id=patient_id,
        version=version_of(resource),
        gender=text_of(resource.get("gender")),
        birth_date=born.date() if born else None,
        birth_month_day=month_day(born) if born and len(resource["birthDate"]) == WHOLE_DATE else None,
        is_deceased=has_died,
        died_at=died_at,
        is_active=resource.get("active") is not False,
        city=text_of(_first(resource.get("address")).get("city")),
        language=_language(resource),
    )


def record_facts(resource: Resource, patient_id: PatientId | None = None) -> RecordFacts | None:
    """Flatten a record as it concerns one of its patients, else the first of them, else nobody known yet.

    What refers to no patient is `patient_id`'s if that is given: who calls has found out whose it is. None
    for a type that segments do not ask about, for a record of nobody or of somebody else, and for what
    does not count: not in a status that stands, entered in error, refuted, or without a date where its type
    needs one.
    """
    kind, record_id = _kind(resource), text_of(resource.get("id"))
    if kind is None or record_id is None or not _stands(kind, resource):
        return None
    concerned, whose = patients_in(resource), named_otherwise(resource)
    of = patient_id or (concerned[0] if concerned else None)
    if of not in concerned and whose is None:
        return None
    facts = _flattened(kind, record_id, of, None if of else whose, resource)
    return None if kind in MUST_BE_DATED and facts.starts_at is None else facts


def _flattened(
    kind: ResourceType, record_id: str, of: PatientId | None, whose: str | None, resource: Resource
) -> RecordFacts:
    value, unit, comparator = _quantity(resource.get("valueQuantity"))
    return RecordFacts(
        resource=kind,
        id=record_id,
        patient_id=of,
        whose=whose,
        version=version_of(resource),
        codes=_codes(kind, resource),
        status=text_of(resource.get("status")),
        clinical_status=_code(resource.get("clinicalStatus")),
        verification_status=_code(resource.get("verificationStatus")),
        class_code=text_of(mapping_of(resource.get("class")).get("code")),
        intent=text_of(resource.get("intent")),
        starts_at=_dated(resource, STARTS_IN[kind], "start"),
        ends_at=_dated(resource, ENDS_IN.get(kind, ()), "end"),
        value=value,
        unit=unit,
        comparator=comparator,
        value_codes=tuple(codings_of(resource.get("valueCodeableConcept"))),
        components=tuple(_component(part) for part in mappings_of(resource.get("component"))),
    )


def _stands(kind: str, resource: Resource) -> bool:
    status = text_of(resource.get("status"))
    if kind in STANDS and status not in STANDS[kind]:
        return False
    verified = (coding.get("code") for coding in _all_codings(resource.get("verificationStatus")))
    return status != "entered-in-error" and NEVER_COUNTS.isdisjoint(str(code) for code in verified)


def _codes(kind: str, resource: Resource) -> tuple[str, ...]:
    """Give what the record is about; a medication that is only referred to is told apart by that."""
    found = tuple(codings_of(resource.get(CODED_IN.get(kind, "code"))))
    if found or kind != "MedicationRequest":
        return found
    reference = text_of(mapping_of(resource.get("medicationReference")).get("reference"))
    return (coded(None, reference),) if reference else ()


def _component(part: Resource) -> ComponentFacts:
    value, unit, comparator = _quantity(part.get("valueQuantity"))
    return ComponentFacts(tuple(codings_of(part.get("code"))), value, unit, comparator)


def _quantity(quantity: Any) -> tuple[float | None, str | None, str | None]:
    """Read number, unit and comparator; what is no finite number is none at all."""
    found = mapping_of(quantity)
    value = _number(found.get("value"))
    if value is None:
        return None, None, None
    return value, text_of(found.get("code")) or text_of(found.get("unit")), text_of(found.get("comparator"))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if isfinite(value) else None
    except OverflowError:  # a whole number of more digits than a measurement has
        return None


def codings_of(concepts: Any) -> Iterator[str]:
    for coding in _all_codings(concepts):
        code = text_of(coding.get("code"))
        if code is not None:
            yield coded(text_of(coding.get("system")), code)


def _all_codings(concepts: Any) -> Iterator[Resource]:
    """Give every coding of one concept or of a list of them."""
    for concept in mappings_of(concepts) if isinstance(concepts, list) else (mapping_of(concepts),):
        yield from mappings_of(concept.get("coding"))


def _code(concept: Any) -> str | None:
    return next((code for coding in _all_codings(concept) if (code := text_of(coding.get("code")))), None)


def _dated(resource: Resource, fields: tuple[str, ...], end: str) -> datetime | None:
    """Give the first instant that the first field with a date means; of a Period, that end of it."""
    found = (resource.get(field) for field in fields)
    dates = (_instant(mapping_of(one).get(end) if isinstance(one, Mapping) else one) for one in found)
    return next((date for date in dates if date is not None), None)


def _instant(text: Any) -> datetime | None:
    try:
        return moment_of(span_of(text).low) if isinstance(text, str) else None
    except (ValueError, OverflowError):  # no date, or one that in UTC lies outside the calendar
        return None


def _language(resource: Resource) -> str | None:
    """Give the tag of the preferred language, else of the first one named."""
    spoken = mappings_of(resource.get("communication"))
    by_preference = sorted(spoken, key=lambda one: one.get("preferred") is not True)
    return next((tag for one in by_preference if (tag := _code(one.get("language")))), None)


def _first(items: Any) -> Resource:
    return mapping_of(cast("list[Any]", items)[0]) if isinstance(items, list) and items else {}


def version_of(resource: Resource) -> int:
    text = str(mapping_of(resource.get("meta")).get("versionId", ""))
    return int(text) if text.isdecimal() and len(text) < WHOLE_DATE * 2 - 1 else 0


def _kind(resource: Resource) -> ResourceType | None:
    return next((kind for kind in TABLES if kind == resource.get("resourceType")), None)


def text_of(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
