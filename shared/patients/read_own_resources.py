"""Read what may be said of the record to one patient: their own resources, and those about nobody."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.identity import PatientId
from shared.patients.find_patient import FindPatient

log = logging.getLogger(__name__)

OF_NOBODY = frozenset({"HealthcareService", "Location", "Organization", "Practitioner", "PractitionerRole"})
"""Types of FHIR R4 resources that are about no patient."""

ReferenceTo = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ReadOwnResources:
    """Gives resources as they are now; what is gone, not there, or another patient's too is left out.

    One patient's data must never be shown to another, so this is asked anew with each reading, whatever was
    found before.
    """

    record: ClinicalRecord
    find_patient: FindPatient

    def __call__(
        self, patient_id: PatientId, references: Collection[ReferenceTo]
    ) -> Mapping[ReferenceTo, Resource]:
        """Give those of the references that may be said. May raise `TransientFault`."""
        wanted = list(dict.fromkeys(references))
        if not wanted:
            return {}
        found = self.record.read_many(wanted).resources
        own = {named: each for named, each in found.items() if self._may_be_said(patient_id, each)}
        if len(own) < len(found):
            log.warning("patients.resource.not_theirs", extra={"resources": len(found) - len(own)})
        return own

    def _may_be_said(self, patient_id: PatientId, resource: Resource) -> bool:
        if resource["resourceType"] in OF_NOBODY:
            return True
        return tuple(self.find_patient.all_of(resource)) == (patient_id,)


def parts_of(reference: str) -> ReferenceTo:
    """Part `Type/id`."""
    kind, _, id_ = reference.partition("/")
    return kind, id_
