"""Flatten anew whoever was flattened by an older table."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.patients.declarations import DECLARED
from shared.patients.documents import DECLARED_BY, Projection
from shared.patients.project_patient import NoSuchPatient, ProjectPatient
from shared.patients.refreshes import StageStep

AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class ProjectAnew:
    """A stage of a refresh: what is done is not found again, so it needs no mark but where a page ended."""

    documents: Documents
    project_patient: ProjectPatient

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:  # noqa: ARG002  # a stage's own words
        page = self.documents.find(
            DECLARED_BY, Projection, up_to=DECLARED - 1, limit=AT_ONCE, after=after or None
        )
        for found in page.items:
            self._project(found.body, now)
        return StageStep(len(page.items), page.next, page.next is None)

    def _project(self, state: Projection, now: datetime) -> None:
        try:
            self.project_patient(state.patient_id, now=now)
        except NoSuchPatient:  # their deletion has news of its own
            return
