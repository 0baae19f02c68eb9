"""Whose record is it now? Records that were merged are followed to the one that stands for them (PA-2)."""

import logging
from dataclasses import dataclass

from shared.access.in_fhir import contradicts_itself, replaced_by
from shared.fhir.ports import ClinicalRecord, Resource
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
        """Give the record that counts, or None where links lead in a circle, on and on, or to several.

        A record that is not there is given as it is: whoever reads it finds that out.
        """
        passed = [patient_id]
        while len(passed) <= MOST_MERGES + 1:
            patient = self._read(passed[-1])
            following = replaced_by(patient) if patient is not None else None
            if patient is None or following is None:
                return passed[-1]
            if contradicts_itself(patient) or following in passed:
                break
            passed.append(following)
        log.warning("access.merge.unclear")
        return None

    def _read(self, patient_id: PatientId) -> Resource | None:
        try:
            return self.record.read("Patient", patient_id)
        except NotFound:
            return None
