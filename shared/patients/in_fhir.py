"""A FHIR R4 Patient, read as our Profile; and whose resource any other one is."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from shared.fhir.instants import Span, moment_of, span_of
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive
from shared.patients.model import ContactPoint, LegacyFlag, PointSystem, Profile, e164, mailbox
from shared.patients.references import patient_of
from shared.patients.time_zone import time_zone_in

__all__ = [
    "contact_points_of",
    "end_of",
    "instant_of",
    "mapping_of",
    "mappings_of",
    "patient_of",
    "profile_from",
    "related_from",
]


def profile_from(resource: Mapping[str, Any], *, region: str) -> Profile:
    """Read a Patient; `region` (ISO 3166) reads telephone numbers that are spelt nationally.

    Contact points that cannot be one are left out. Raises `Nonsense` for what is no Patient with an id.
    """
    patient_id = patient_of(resource)
    if resource.get("resourceType") != "Patient" or patient_id is None:
        raise Nonsense(("resourceType", "not a Patient with an id"))
    name = _best_name(resource)
    return Profile(
        patient_id=patient_id,
        given=Sensitive(_first_text(name.get("given"))),
        family=Sensitive(_text(name.get("family"))),
        prefix=Sensitive(_first_text(name.get("prefix"))),
        language=_language(resource),
        birth_date=Sensitive(_date(resource.get("birthDate"))),
        is_active=resource.get("active") is not False,
        is_deceased=_is_deceased(resource),
        replaced_by=_replaced_by(resource),
        contact_points=contact_points_of(resource, region=region),
        legacy_flags=frozenset(_legacy_flags(resource)),
        time_zone=time_zone_in(resource),
    )


def related_from(resource: Mapping[str, Any], patient_id: PatientId, *, region: str) -> Profile:
    """Read a RelatedPerson as somebody to write to about their patient."""
    name = _best_name(resource)
    return Profile(
        patient_id=patient_id,
        given=Sensitive(_first_text(name.get("given"))),
        family=Sensitive(_text(name.get("family"))),
        prefix=Sensitive(_first_text(name.get("prefix"))),
        language=_language(resource),
        birth_date=Sensitive(None),
        is_active=resource.get("active") is not False,
        is_deceased=False,
        replaced_by=None,
        contact_points=contact_points_of(resource, region=region),
    )


def contact_points_of(resource: Mapping[str, Any], *, region: str) -> tuple[ContactPoint, ...]:
    """Read the contact points of a Patient or a RelatedPerson; what cannot be one is left out."""
    return tuple(_contact_points(resource, region))


LEGACY_FLAG = "urn:patient-engagement:legacy-flag:"
"""Begins the url of an extension of Patient that carries a flag of a former system, as `valueBoolean`."""


def _legacy_flags(resource: Mapping[str, Any]) -> Iterator[LegacyFlag]:
    """Read those that are set; what else stands there is none."""
    for extension in mappings_of(resource.get("extension")):
        url = extension.get("url")
        if extension.get("valueBoolean") is True and isinstance(url, str):
            yield from (flag for flag in LegacyFlag if url == f"{LEGACY_FLAG}{flag}")


def _is_deceased(resource: Mapping[str, Any]) -> bool:
    return resource.get("deceasedBoolean") is True or bool(resource.get("deceasedDateTime"))


def _replaced_by(resource: Mapping[str, Any]) -> PatientId | None:
    """Name the record that stands in this one's place (Patient.link, type `replaced-by`)."""
    links = (link for link in mappings_of(resource.get("link")) if link.get("type") == "replaced-by")
    return next((found for link in links if (found := patient_of({"subject": link.get("other")}))), None)


_NO_NAME: Mapping[str, Any] = {"use": "none"}
_NAME_USES = ("usual", "official", None, "nickname", "temp", "anonymous", "old", "maiden")


def _best_name(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Choose the name to call somebody by: the usual one, else the official one."""
    return min([*mappings_of(resource.get("name")), _NO_NAME], key=_name_precedence)


def _name_precedence(name: Mapping[str, Any]) -> int:
    use = name.get("use")
    return _NAME_USES.index(use) if use in _NAME_USES else len(_NAME_USES)


def _language(resource: Mapping[str, Any]) -> str | None:
    """Give the tag of the preferred language (BCP 47), else of the first one named."""
    spoken = sorted(
        mappings_of(resource.get("communication")), key=lambda one: one.get("preferred") is not True
    )
    return next((tag for one in spoken if (tag := _tag(one.get("language")))), None)


def _tag(concept: Any) -> str | None:
    codings = mappings_of(concept.get("coding")) if isinstance(concept, Mapping) else ()  # pyright: ignore[reportUnknownMemberType]  # any JSON may stand here
    return next((code for coding in codings if (code := _text(coding.get("code")))), None)


def _contact_points(resource: Mapping[str, Any], region: str) -> Iterator[ContactPoint]:
    for telecom in mappings_of(resource.get("telecom")):
        point = _contact_point(telecom, region)
        if point is not None:
            yield point


def _contact_point(telecom: Mapping[str, Any], region: str) -> ContactPoint | None:
    system, text = telecom.get("system"), _text(telecom.get("value"))
    if text is None or system not in set(PointSystem):
        return None
    value = mailbox(text) if system == PointSystem.EMAIL else e164(text, region=region)
    if value is None:
        return None
    rank = telecom.get("rank")
    period = mapping_of(telecom.get("period"))
    return ContactPoint(
        system=PointSystem(system),
        value=Sensitive(value),
        use=_text(telecom.get("use")),
        rank=rank if isinstance(rank, int) and rank > 0 else None,
        starts_at=instant_of(period.get("start")),
        ends_at=end_of(period.get("end")),
    )


def instant_of(value: Any) -> datetime | None:
    """Give the first instant that a FHIR time means, or None for what is none."""
    span = _span(value)
    return _moment(span.low) if span else None


def end_of(value: Any) -> datetime | None:
    """Give the first instant after all that a FHIR time means: a period's end is within it (R4 Period)."""
    span = _span(value)
    return _moment(span.high + 1) if span else None


def _moment(count: int) -> datetime | None:
    """Give the instant; what lies outside the years 1 to 9999 in UTC is none that we can speak of."""
    try:
        return moment_of(count)
    except OverflowError:
        return None


def _span(value: Any) -> Span | None:
    try:
        return span_of(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _date(value: Any) -> date | None:
    read = instant_of(value)
    return read.date() if read else None


def mappings_of(value: Any) -> list[Mapping[str, Any]]:
    """Give the JSON objects of what should be a list of them."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]  # any JSON may stand here


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Give what should be a JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]  # any JSON may stand here


def _first_text(value: Any) -> str | None:
    return next((text for one in value if (text := _text(one))), None) if isinstance(value, list) else None  # pyright: ignore[reportUnknownVariableType]  # any JSON may stand here


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
