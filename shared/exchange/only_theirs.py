"""Leave out of a patient's resources what is said of other patients (FH-6)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from shared.fhir.ports import Resource
from shared.fhir.references import reference_of
from shared.kernel.identity import PatientId
from shared.patients.find_person import Standing
from shared.patients.in_fhir import mapping_of, mappings_of
from shared.patients.read_own_resources import OF_NOBODY, ReadOwnResources, parts_of

MASKED: Mapping[str, Any] = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
    ]
}
"""In the place of a reference that cannot be left out (R4 extension-data-absent-reason)."""
SUBSETTED: Mapping[str, Any] = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
"""Says that this is not all of a resource, so that nobody writes it over the whole (R4 search.html)."""
_OPEN = OF_NOBODY | {"Device", "Endpoint", "Medication", "Schedule", "Slot", "Substance"}
_PEOPLE = frozenset({"Patient", "Person", "RelatedPerson"})
_WORDS: Mapping[str, frozenset[str]] = {"Appointment": frozenset({"reasonCode"})}
"""What somebody has said themselves, and of several nobody knows who."""


def is_a_part(resource: Resource) -> bool:
    """Say whether a resource says of itself that it is not all there is."""
    tags = mappings_of(mapping_of(resource.get("meta")).get("tag"))
    return any((one.get("system"), one.get("code")) == tuple(SUBSETTED.values()) for one in tags)


@dataclass(frozen=True, slots=True)
class OnlyTheirs:
    """Gives resources as somebody may have them whose tie is to the one patient alone.

    Other patients who take part are left out; where else one is referred to, it says that this is masked. So
    does, of what several share, whatever is not surely this patient's own; and no narrative is given then,
    nor the reason of a visit. What was taken from is tagged as `SUBSETTED`. The Patient itself is given
    whole: its links are other records of the same person.
    """

    own_resources: ReadOwnResources

    def __call__(self, resources: Sequence[Resource], standing: Standing) -> list[Resource]:
        """Give them in their order; one read for all that they share. May raise `TransientFault`."""
        theirs = _Theirs.of(standing)
        shared = [theirs.shares(one) for one in resources]
        some = (one for one, is_shared in zip(resources, shared, strict=True) if is_shared)
        wanted = {name for one in some for name in _elsewhere(one)}
        own = self.own_resources(standing.patient_id, [parts_of(name) for name in sorted(wanted)])
        known = frozenset(f"{type_}/{id_}" for type_, id_ in own)
        return [
            theirs.of_it(one, known) if is_shared else one
            for one, is_shared in zip(resources, shared, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Theirs:
    """By which ids and numbers the record names this patient."""

    ids: frozenset[PatientId]
    numbers: frozenset[tuple[str | None, str]]

    @classmethod
    def of(cls, standing: Standing) -> "_Theirs":
        numbers = frozenset((one.system, one.value) for one in standing.person.identifiers.value)
        return cls(frozenset([standing.patient_id, *standing.replaced]), numbers)

    def shares(self, resource: Resource) -> bool:
        """Say whether it names somebody else who is, or may be, a patient."""
        if resource.get("resourceType") == "Patient":
            return False
        contained = mappings_of(resource.get("contained"))
        return any(one.get("resourceType") == "Patient" for one in contained) or any(
            self._is_another(one) for one in _references(resource)
        )

    def of_it(self, resource: Resource, known: frozenset[str]) -> Resource:
        """Give what it says of this patient; `known` are resources that are surely their own."""
        inside = mappings_of(resource.get("contained"))
        hidden = frozenset(f"#{one.get('id')}" for one in inside if one.get("resourceType") in _PEOPLE)
        others = [one for one in inside if one.get("resourceType") not in _PEOPLE]
        left_out = _WORDS.get(str(resource.get("resourceType")), frozenset()) | {"text", "contained"}
        told = {name: value for name, value in resource.items() if name not in left_out}
        meta = mapping_of(resource.get("meta"))
        told["meta"] = {**meta, "tag": [*mappings_of(meta.get("tag")), SUBSETTED]}
        return cast("Resource", self._masked(told | ({"contained": others} if others else {}), known, hidden))

    def _masked(self, value: Any, known: frozenset[str], hidden: frozenset[str]) -> Any:
        if isinstance(value, list):
            return [self._masked(one, known, hidden) for one in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        parts = cast("Resource", value)
        if _is_reference(parts) and not self._may_be_said(parts, known, hidden):
            return MASKED
        made: Resource = {}
        for name, held in parts.items():
            told = held
            if name == "text" and "resourceType" in parts:
                continue  # a narrative
            if name == "participant" and isinstance(held, list):
                told = [one for one in cast("list[Any]", held) if self._is_free(one, known, hidden)]
                if not told:
                    continue  # ele-1: no list is empty
            made[name] = self._masked(told, known, hidden)
        return made

    def _is_free(self, taking_part: Any, known: frozenset[str], hidden: frozenset[str]) -> bool:
        """Say whether whoever takes part is surely nobody else's; who is only called by name is not."""
        by_name = (mapping_of(mapping_of(taking_part).get(who)) for who in ("actor", "member"))
        if any("display" in one and not _is_reference({**one}) for one in by_name):
            return False
        return all(self._may_be_said(one, known, hidden) for one in _references(taking_part))

    def _may_be_said(self, reference: Resource, known: frozenset[str], hidden: frozenset[str]) -> bool:
        if self._is_another(reference):
            return False
        text = reference.get("reference")
        if not isinstance(text, str):
            return reference.get("type") in _OPEN or self._is_their_number(reference)
        named = reference_of(text)
        if named is None:
            return text.startswith("#") and text not in hidden
        return named.type in _OPEN or named.type == "Patient" or (not named.base and named.text in known)

    def _is_another(self, reference: Resource) -> bool:
        """Say whether it names a patient, and not this one."""
        text = reference.get("reference")
        named = reference_of(text) if isinstance(text, str) else None
        if named is not None:
            return named.type == "Patient" and (bool(named.base) or named.id not in self.ids)
        number = mapping_of(reference.get("identifier"))
        if not number.get("value") or self._is_their_number(reference):
            return False
        is_of_patients = any(number.get("system") == known for known, _ in self.numbers)
        return reference.get("type") == "Patient" or ("type" not in reference and is_of_patients)

    def _is_their_number(self, reference: Resource) -> bool:
        number = mapping_of(reference.get("identifier"))
        return (number.get("system"), number.get("value")) in self.numbers


def _is_reference(parts: Resource) -> bool:
    is_named = isinstance(parts.get("reference"), str) or isinstance(parts.get("identifier"), dict)
    return is_named and "resourceType" not in parts


def _references(value: Any) -> Iterator[Resource]:
    if isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _references(one)
    elif isinstance(value, dict):
        parts = cast("Resource", value)
        if _is_reference(parts):
            yield parts
        for held in parts.values():
            yield from _references(held)


def _elsewhere(resource: Resource) -> Iterator[str]:
    """Give what it refers to that is somebody's."""
    for one in _references(resource):
        text = one.get("reference")
        named = reference_of(text) if isinstance(text, str) else None
        if named is not None and not named.base and named.type not in _OPEN and named.type != "Patient":
            yield named.text
