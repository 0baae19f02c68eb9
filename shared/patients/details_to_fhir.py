"""A Patient with what its owner wants changed, and everything else as it was (FHIR R4 Patient)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.fhir.ports import Resource
from shared.patients.details_wanted import ContactWanted, OwnDetailsWanted, PointWanted
from shared.patients.in_fhir import contact_points_of, mapping_of, mappings_of
from shared.patients.model import ContactPoint, PointSystem
from shared.patients.person import Address
from shared.patients.person_in_fhir import address_from

EMERGENCY = {"system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": "C"}
"""Patient.contact.relationship: an emergency contact."""
_LANGUAGES = "urn:ietf:bcp:47"


def changed(patient: Resource, wanted: OwnDetailsWanted, *, region: str, now: datetime) -> Resource:
    """Give the Patient as it shall be. What is not wanted any more stays, as old, and ends now."""
    after = dict(patient)
    if wanted.contact_points is not None:
        after["telecom"] = _telecom(patient, wanted.contact_points, region, now)
    if wanted.addresses is not None:
        after["address"] = _kept_and_new(
            mappings_of(patient.get("address")), wanted.addresses, address_from, _address, now
        )
    if wanted.languages is not None:
        after["communication"] = _communication(patient, wanted.languages)
    if wanted.emergency_contacts is not None:
        others = [one for one in mappings_of(patient.get("contact")) if not _is_emergency(one)]
        after["contact"] = [*others, *map(_contact, wanted.emergency_contacts)]
    return {name: value for name, value in after.items() if value != []}


def current_points(patient: Mapping[str, Any], *, region: str, now: datetime) -> Sequence[ContactPoint]:
    """Give the contact points that can be written to now."""
    return [point for point in contact_points_of(patient, region=region) if point.is_current(now)]


def _telecom(
    patient: Resource, wanted: Sequence[PointWanted], region: str, now: datetime
) -> list[Mapping[str, Any]]:
    """Keep each element that is wanted still, whatever else it says, and rank them as they are wanted."""
    ranks = {(one.system, one.value.value): rank for rank, one in enumerate(wanted, start=1)}
    uses = {(one.system, one.value.value): one.use for one in wanted}
    kept: list[Mapping[str, Any]] = []
    there: set[tuple[str, str]] = set()
    for element in mappings_of(patient.get("telecom")):
        point = next(iter(current_points({"telecom": [element]}, region=region, now=now)), None)
        key = _key(point) if point else None
        if key is None:
            kept.append(element)
        elif key in ranks:
            there.add(key)
            use = uses[key] or element.get("use")
            kept.append({**element, "rank": ranks[key]} | ({"use": use} if use else {}))
        else:
            kept.append(_ended(element, now))
    new = [
        {"system": one.system, "value": one.value.value, "rank": ranks[one.system, one.value.value]}
        | ({"use": one.use} if one.use else {})
        for one in wanted
        if (one.system, one.value.value) not in there
    ]
    return [*kept, *new]


def _key(point: ContactPoint) -> tuple[str, str]:
    system = "email" if point.system is PointSystem.EMAIL else "phone"
    return system, point.value.value


def _ended(element: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
    without_rank = {name: value for name, value in element.items() if name != "rank"}
    ends = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {**without_rank, "use": "old", "period": {**mapping_of(element.get("period")), "end": ends}}


def _kept_and_new(
    elements: Sequence[Mapping[str, Any]],
    wanted: Sequence[Address],
    read: Callable[[Mapping[str, Any]], Address],
    spell: Callable[[Address], Mapping[str, Any]],
    now: datetime,
) -> list[Mapping[str, Any]]:
    kept: list[Mapping[str, Any]] = []
    there: list[Address] = []
    for element in elements:
        if element.get("use") == "old":
            kept.append(element)
        elif read(element) in wanted:
            there.append(read(element))
            kept.append(element)
        else:
            kept.append(_ended(element, now))
    return [*kept, *(spell(one) for one in wanted if one not in there)]


def _address(address: Address) -> Mapping[str, Any]:
    spelt = {
        "use": address.use,
        "line": list(address.lines),
        "city": address.city,
        "postalCode": address.postal_code,
        "country": address.country,
    }
    return {name: value for name, value in spelt.items() if value}


def _communication(patient: Resource, wanted: Sequence[str]) -> list[Mapping[str, Any]]:
    def element_of(tag: str) -> Mapping[str, Any]:
        new = {"language": {"coding": [{"system": _LANGUAGES, "code": tag}]}}
        spoken = mappings_of(patient.get("communication"))
        return next((one for one in spoken if tag in _codes(one.get("language"))), new)

    return [
        {**{name: held for name, held in element_of(tag).items() if name != "preferred"}}
        | ({"preferred": True} if tag == wanted[0] else {})
        for tag in wanted
    ]


def _is_emergency(contact: Mapping[str, Any]) -> bool:
    return any(EMERGENCY["code"] in _codes(one) for one in mappings_of(contact.get("relationship")))


def _codes(concept: Any) -> list[Any]:
    return [one.get("code") for one in mappings_of(mapping_of(concept).get("coding"))]


def _contact(contact: ContactWanted) -> Mapping[str, Any]:
    relationship: dict[str, Any] = {"coding": [EMERGENCY]}
    if contact.relationship:
        relationship["text"] = contact.relationship
    return {
        "relationship": [relationship],
        "name": {"text": contact.name.value},
        "telecom": [{"system": "phone", "value": contact.phone.value}],
    }
