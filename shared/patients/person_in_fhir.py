"""A FHIR R4 Patient, read as our Person."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from shared.fhir.references import reference_of
from shared.fhir.versions import updated_at, version_of
from shared.kernel.sensitive import Sensitive
from shared.patients.facts_in_fhir import words_at
from shared.patients.in_fhir import mapping_of, mappings_of, profile_from
from shared.patients.person import Address, EmergencyContact, Link, LinkKind, Person, PersonName, SourceId
from shared.patients.references import patient_of
from shared.patients.time_zone import time_zone_in

MOST = 20
"""Names, identifiers, addresses and contacts of one person that are kept."""
_LINKS: tuple[LinkKind, ...] = ("replaced-by", "replaces", "refer", "seealso")


def person_from(resource: Mapping[str, Any], *, region: str, zone: str) -> Person:
    """Read a Patient; `region` reads national telephone numbers, `zone` is where one lives who does not say.

    Raises `Nonsense` for what is no Patient with an id.
    """
    return Person(
        profile=profile_from(resource, region=region),
        version=version_of(resource),
        updated_at=updated_at(resource),
        gender=_text(resource.get("gender")),
        languages=_languages(resource),
        time_zone=time_zone_in(resource) or zone,
        names=Sensitive(tuple(map(_name, mappings_of(resource.get("name"))[:MOST]))),
        identifiers=Sensitive(tuple(_identifiers(resource))[:MOST]),
        addresses=Sensitive(tuple(map(address_from, mappings_of(resource.get("address"))[:MOST]))),
        emergency_contacts=Sensitive(tuple(map(_contact, mappings_of(resource.get("contact"))[:MOST]))),
        general_practitioners=tuple(_referred(resource.get("generalPractitioner"))),
        organisation=next(_referred([resource.get("managingOrganization")]), None),
        links=tuple(_links(resource)),
    )


def _languages(resource: Mapping[str, Any]) -> tuple[str, ...]:
    spoken = mappings_of(resource.get("communication"))
    by_preference = sorted(spoken, key=lambda one: one.get("preferred") is not True)
    codings = (each for one in by_preference for each in _codings(one.get("language")))
    return tuple(dict.fromkeys(tag for coding in codings if (tag := _text(coding.get("code")))))


def _name(name: Mapping[str, Any]) -> PersonName:
    return PersonName(_text(name.get("use")), _texts(name.get("given")), _text(name.get("family")))


def _identifiers(resource: Mapping[str, Any]) -> Iterator[SourceId]:
    for one in mappings_of(resource.get("identifier")):
        value = _text(one.get("value"))
        if value is not None and one.get("use") != "old":
            yield SourceId(_text(one.get("system")), value, words_at(one, ("type",)))


def address_from(address: Mapping[str, Any]) -> Address:
    return Address(
        _text(address.get("use")),
        _texts(address.get("line")),
        _text(address.get("city")),
        _text(address.get("postalCode")),
        _text(address.get("country")),
    )


def _contact(contact: Mapping[str, Any]) -> EmergencyContact:
    reached_by = (_text(each.get("value")) for each in mappings_of(contact.get("telecom")))
    return EmergencyContact(
        words_at(contact, ("name",)),
        words_at(contact, ("relationship",)),
        tuple(each for each in reached_by if each),
    )


def _links(resource: Mapping[str, Any]) -> Iterator[Link]:
    for link in mappings_of(resource.get("link")):
        kind: LinkKind | None = next((kind for kind in _LINKS if kind == link.get("type")), None)
        other = patient_of({"subject": link.get("other")})
        if kind is not None and other is not None:
            yield Link(kind, other)


def _referred(values: Any) -> Iterator[str]:
    texts = (_text(one.get("reference")) for one in mappings_of(values))
    read = (reference_of(text) for text in texts if text)
    return (one.text for one in read if one is not None and not one.base)


def _codings(concept: Any) -> list[Mapping[str, Any]]:
    return mappings_of(mapping_of(concept).get("coding"))


def _texts(values: Any) -> tuple[str, ...]:
    found = cast("list[Any]", values) if isinstance(values, list) else []
    return tuple(text for one in found if (text := _text(one)))


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
