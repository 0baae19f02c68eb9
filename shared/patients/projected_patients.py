"""Of whom something is kept that a change in the record may concern."""

from dataclasses import dataclass

from shared.fhir.ports import Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.declarations import declaration_of
from shared.patients.documents import holders_of, projection_of
from shared.patients.find_patient import FindPatient


@dataclass(frozen=True, slots=True)
class ProjectedPatients:
    """Says whose projection a change is for: theirs whom it is about, and theirs who hold a fact of it.

    A new person is always one. Of somebody never projected nothing else is kept, so an import that nobody
    has looked at yet puts nothing in the queue.
    """

    documents: Documents
    find_patient: FindPatient

    def watches(self, resource_type: str) -> bool:
        return resource_type == "Patient" or declaration_of(resource_type) is not None

    def concerned(
        self, reference: tuple[str, str], resource: Resource | None, *, is_first: bool
    ) -> set[PatientId]:
        """Name them; `resource` is as it is now, None when it is gone. Of a first one no fact is kept."""
        resource_type, id_ = reference
        if not self.watches(resource_type):
            return set()
        if resource_type == "Patient":
            return {PatientId(id_)}
        about = self.find_patient.all_of(resource) if resource is not None else frozenset[PatientId]()
        projected = {one for one in about if projection_of(self.documents, one) is not None}
        if resource is None or not is_first:
            projected.update(holders_of(self.documents, "/".join(reference)))
        return projected
