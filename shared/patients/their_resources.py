"""All of one patient's resources, as the record has them now, however they say whose they are (FH-1)."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotFound
from shared.patients.declarations import ResourceType
from shared.patients.find_patient import FindPatient, escaped
from shared.patients.named_by_identifier import NamedByIdentifier
from shared.patients.references import (
    encounter_of,
    identifier_of_patient,
    identifiers_in,
    identifiers_of,
    is_of_a_group,
    patients_in,
)
from shared.patients.searching import pages_of, resources_of

log = logging.getLogger(__name__)

THROUGH: tuple[ResourceType, ...] = ("CareTeam", "DiagnosticReport", "Observation")
"""What in R4 may name an Encounter, and nobody as its subject."""
_NAMED_IN: Mapping[str, str] = {
    "AllergyIntolerance": "patient",
    "Appointment": "actor",
    "Coverage": "beneficiary",
    "Immunization": "patient",
    "RelatedPerson": "patient",
}
"""Else `subject`; `patient`, beside that, means patients only, and a bare identifier says of no type."""
TOGETHER = 50
"""Encounters in one search."""


class TheirResources:
    """Searches by reference, by the patient's identifiers and by their Encounters, and believes no search.

    Whatever names the patient otherwise than by reference is theirs only where intake finds the same.
    """

    def __init__(
        self, record: ClinicalRecord, patient_id: PatientId, by_identifier: NamedByIdentifier
    ) -> None:
        self._record = record
        self._patient_id = patient_id
        self._by_identifier = by_identifier
        self._whose = FindPatient(record)
        self._settled: dict[tuple[bool, tuple[str, str] | str | None], bool] = {}

    def of(self, resource_type: ResourceType) -> Iterator[Resource]:
        """Give all of one type, each once; Encounters as they were when they were first asked for."""
        yield from self._encounters if resource_type == "Encounter" else self._of(resource_type)

    def _of(self, resource_type: ResourceType) -> Iterator[Resource]:
        yield from resources_of(self._record, resource_type, self._patient_id)
        others = {str(one.get("id")): one for one in self._named_otherwise(resource_type)}
        yield from (one for one in others.values() if self.are_by_name(one))

    def are_by_name(self, resource: Resource) -> bool:
        """Say whether intake finds it to be theirs, of what refers to nobody.

        Each identifier and each Encounter is asked for once, however many resources name it.
        """
        encounter = None if resource.get("resourceType") == "Encounter" else encounter_of(resource)
        by = (is_of_a_group(resource), identifier_of_patient(resource) or encounter)
        if by not in self._settled:
            self._settled[by] = self._patient_id in self._whose.all_of(resource)
        return self._settled[by]

    def _named_otherwise(self, resource_type: ResourceType) -> Iterator[Resource]:
        if self._identifiers:
            yield from (one for one in self._identified(resource_type) if not patients_in(one))
        if resource_type in THROUGH:
            ids = [str(one["id"]) for one in self._encounters]
            for start in range(0, len(ids), TOGETHER):
                yield from through(self._record, resource_type, ids[start : start + TOGETHER])

    def _identified(self, resource_type: ResourceType) -> Sequence[Resource]:
        """Search for what names the patient by an identifier, or go through what refers to nobody.

        Which of the two is what the server does with `:identifier`: some say that they do not know it, some
        pass over it and give what was not asked for.
        """
        asked = (
            f"{_NAMED_IN.get(resource_type, 'subject')}:identifier",
            ",".join(escaped(system, value) for system, value in self._identifiers),
        )
        try:
            found: list[Resource] = []
            for one in pages_of(self._record, resource_type, asked):
                if not self._identifiers.intersection(identifiers_in(one, also_of_others=True)):
                    break
                found.append(one)
            else:
                return found
        except Nonsense:
            pass
        try:
            return list(self._by_identifier.of(resource_type, self._identifiers))
        except Nonsense:
            _cannot_search(resource_type, "missing")
            return ()

    @cached_property
    def _identifiers(self) -> frozenset[tuple[str, str]]:
        """Give all that the patient is known by."""
        try:
            patient = self._record.read("Patient", self._patient_id)
        except NotFound:
            return frozenset()
        return identifiers_of(patient)

    @cached_property
    def _encounters(self) -> Sequence[Resource]:
        """Give those that were looked through: one that comes meanwhile has news of its own."""
        return list(self._of("Encounter"))


def through(
    record: ClinicalRecord, resource_type: ResourceType, encounters: Sequence[str]
) -> Iterator[Resource]:
    """Give what came about in these Encounters and names nobody."""
    named = ",".join(f"Encounter/{one}" for one in encounters)
    yield from _unnamed(record, resource_type, ("encounter", named), ("subject:missing", "true"))


def _unnamed(
    record: ClinicalRecord, resource_type: ResourceType, *asked: tuple[str, str]
) -> Iterator[Resource]:
    """Search for what refers to no patient; a server that cannot be asked so is not asked in vain again."""
    try:
        for one in pages_of(record, resource_type, *asked):
            if not patients_in(one):
                yield one
    except Nonsense:
        _cannot_search(resource_type, asked[0][0])


def _cannot_search(resource_type: ResourceType, by: str) -> None:
    log.warning("patients.search.not_understood", extra={"type": resource_type, "by": by})
