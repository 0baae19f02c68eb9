"""Whose time a slot takes: practitioners, by whatever role they are named, and rooms.

A Location is a room if the record says so (physicalType `ro`); a clinic as a whole has many visits at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.appointments.in_fhir import codes_in, referred
from shared.appointments.searching import every_with
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.identity import PatientId

_ROOM = "ro"
"""http://terminology.hl7.org/CodeSystem/location-physical-type"""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that can be in one place at a time; `names` are all it is referred to by."""

    kind: Literal["patient", "practitioner", "room"]
    name: str
    names: frozenset[str]


def patient_as_actor(patient_id: PatientId) -> Actor:
    name = f"Patient/{patient_id}"
    return Actor("patient", name, frozenset((name,)))


def actors_named(record: ClinicalRecord, references: Iterable[str]) -> Mapping[str, Actor]:
    """Give the actor behind each reference; what takes up nobody's time (a clinic, a service) is left out."""
    asked = set(references)
    split = [(type_, id_) for type_, _, id_ in (name.partition("/") for name in sorted(asked))]
    known = record.read_many([pair for pair in split if pair[0] in _LOOKED_UP]).resources
    read = {f"{type_}/{id_}": resource for (type_, id_), resource in known.items()}
    person_of = {name: _person(name, read.get(name)) for name in asked if name.startswith("Practitioner")}
    people = _people(record, set(person_of.values()))
    rooms = {name: Actor("room", name, frozenset((name,))) for name in asked if _is_room(read.get(name))}
    return {name: people[person] for name, person in person_of.items()} | rooms


_LOOKED_UP = ("PractitionerRole", "Location")


def _person(name: str, role: Resource | None) -> str:
    """Give the practitioner behind a role; a role that nobody fills stands for itself."""
    return (referred(role.get("practitioner")) if role else None) or name


def _people(record: ClinicalRecord, people: set[str]) -> Mapping[str, Actor]:
    names = {person: {person} for person in people}
    practitioners = [person for person in people if person.startswith("Practitioner/")]
    for role in every_with(record, "PractitionerRole", "practitioner", practitioners):
        names.get(referred(role.get("practitioner")) or "", set[str]()).add(f"PractitionerRole/{role['id']}")
    return {person: Actor("practitioner", person, frozenset(some)) for person, some in names.items()}


def _is_room(location: Resource | None) -> bool:
    return location is not None and _ROOM in codes_in(location, "physicalType")
