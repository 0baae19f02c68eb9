"""Who is this patient, in all that the record says of a person now."""

from dataclasses import dataclass

from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.patients.person import Person
from shared.patients.person_in_fhir import person_from


@dataclass(frozen=True, slots=True)
class ReadPatient:
    """Read a person from the record. Raises `NotFound`, or `Gone` when it was deleted."""

    record: ClinicalRecord
    region: str
    zone: str

    def __call__(self, patient_id: PatientId) -> Person:
        return person_from(self.record.read("Patient", patient_id), region=self.region, zone=self.zone)
