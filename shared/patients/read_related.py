"""Who is this somebody of a patient's, as the record says now."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.in_fhir import is_related
from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.in_fhir import related_from
from shared.patients.model import Profile


@dataclass(frozen=True, slots=True)
class ReadRelated:
    """Reads a RelatedPerson as somebody to write to; None who is not the patient's, or not any more."""

    record: ClinicalRecord
    region: str

    def __call__(self, related_person_id: str, *, patient_id: PatientId, now: datetime) -> Profile | None:
        try:
            person = self.record.read("RelatedPerson", related_person_id)
        except NotFound:
            return None
        return (
            related_from(person, patient_id, region=self.region)
            if is_related(person, patient_id, now)
            else None
        )
