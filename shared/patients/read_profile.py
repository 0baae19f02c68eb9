"""Who is this, as the record says now."""

from dataclasses import dataclass

from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.patients.in_fhir import profile_from
from shared.patients.model import Profile


@dataclass(frozen=True, slots=True)
class ReadProfile:
    """Read a person's profile from the record. Raises `NotFound`, or `Gone` when it was deleted."""

    record: ClinicalRecord
    region: str

    def __call__(self, patient_id: PatientId) -> Profile:
        return profile_from(self.record.read("Patient", patient_id), region=self.region)
