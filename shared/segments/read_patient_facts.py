"""What is known of one patient now, read from the record itself."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.segments.facts import PatientFacts, RecordFacts
from shared.segments.in_fhir import profile_facts, record_facts
from shared.segments.rules import ResourceType

A_PAGE = "1000"


@dataclass(frozen=True, slots=True)
class ReadPatientFacts:
    """Reads a patient and their records of the types asked about: one search each, to its end."""

    record: ClinicalRecord

    def __call__(self, patient_id: PatientId, *, types: Collection[ResourceType]) -> PatientFacts | None:
        """Give the facts, or None for who is not in the record."""
        try:
            patient = self.record.read("Patient", patient_id)
        except NotFound:
            return None
        profile = profile_facts(patient)
        if profile is None:
            return None
        return PatientFacts(profile, {type_: self._records(type_, patient_id) for type_ in sorted(types)})

    def _records(self, type_: ResourceType, patient_id: PatientId) -> tuple[RecordFacts, ...]:
        found = (record_facts(resource, patient_id) for resource in self._found(type_, patient_id))
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.id))

    def _found(self, type_: ResourceType, patient_id: PatientId) -> Iterator[Resource]:
        whose = "actor" if type_ == "Appointment" else "patient"
        asked = SearchParameters(((whose, f"Patient/{patient_id}"), ("_count", A_PAGE)))
        page: str | None = None
        while True:
            found = self.record.search(type_, asked, page=page)
            yield from found.matches
            page = found.next
            if page is None:
                return
