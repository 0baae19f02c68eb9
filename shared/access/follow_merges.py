"""Whose record is it now? Records that were merged are followed to the one that stands for them (PA-2)."""

import logging
from dataclasses import dataclass

from shared.access.in_fhir import replaced_by
from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound

log = logging.getLogger(__name__)

MOST_MERGES = 8
"""Records that were merged one into the next."""


@dataclass(frozen=True, slots=True)
class FollowMerges:
    """Follow `Patient.link` of type `replaced-by` (FHIR R4 patient.html#links), as the record says now.

    Nothing of it is kept: what is taken apart again leads back at once.
    """

    record: ClinicalRecord

    def __call__(self, patient_id: PatientId) -> PatientId | None:
        """Give the record that counts, or None where links lead in a circle, or on and on.

        A record that is not there is given as it is: whoever reads it finds that out.
        """
        passed = {patient_id}
        for _ in range(MOST_MERGES):
            following = self._following(patient_id)
            if following is None:
                return patient_id
            if following in passed:
                break
            passed.add(following)
            patient_id = following
        else:
            if self._following(patient_id) is None:
                return patient_id
        log.warning("access.merge.unclear")
        return None

    def _following(self, patient_id: PatientId) -> PatientId | None:
        try:
            return replaced_by(self.record.read("Patient", patient_id))
        except NotFound:
            return None
