"""Bring up to date all that is kept here with whatever the record has changed, told of or not."""

from dataclasses import dataclass
from datetime import datetime

from shared.fhir.ports import Changes, ClinicalRecord, MarkNotKnown, Resource
from shared.patients.declarations import DECLARATIONS
from shared.patients.model import ProjectChange
from shared.patients.project_change import ProjectResourceChange
from shared.patients.projected_patients import ProjectedPatients
from shared.patients.refreshes import StageStep

AT_ONCE = 200
TYPES = ("Patient", *DECLARATIONS)


@dataclass(frozen=True, slots=True)
class FollowRecord:
    """A stage of a refresh: after it everybody in the record can be found, imported people too.

    It goes on where the last run came to, and begins anew with a record that does not know that place.
    """

    record: ClinicalRecord
    projected: ProjectedPatients
    project_change: ProjectResourceChange

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:  # noqa: ARG002  # a stage's own words
        found = self._changes(after)
        for resource in found.resources:
            self._project((str(resource["resourceType"]), str(resource["id"])), resource, now)
        for reference in found.gone:
            self._project(reference, None, now)
        return StageStep(len(found.resources) + len(found.gone), found.mark, found.is_all)

    def _changes(self, after: str | None) -> Changes:
        try:
            return self.record.changes(after, types=TYPES, limit=AT_ONCE)
        except MarkNotKnown:
            return self.record.changes(None, types=TYPES, limit=AT_ONCE)

    def _project(self, reference: tuple[str, str], resource: Resource | None, now: datetime) -> None:
        """Project it as it is now for all whom it concerns; by now it may be gone without a trace."""
        for patient_id in sorted(self.projected.concerned(reference, resource, is_first=False)):
            self.project_change(ProjectChange(patient_id, *reference, 0, now, "deleted"), now=now)
