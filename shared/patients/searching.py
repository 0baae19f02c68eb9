"""All of one patient's resources of a type, as the record has them now."""

from collections.abc import Iterator

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.patients.declarations import DECLARATIONS, ResourceType

A_PAGE = "1000"


def resources_of(
    record: ClinicalRecord, resource_type: ResourceType, patient_id: PatientId
) -> Iterator[Resource]:
    """Search for them to the end; the patient's own word for whose they are is the declaration's."""
    yield from pages_of(record, resource_type, (DECLARATIONS[resource_type].whose, f"Patient/{patient_id}"))


def pages_of(
    record: ClinicalRecord, resource_type: ResourceType, *parameters: tuple[str, str]
) -> Iterator[Resource]:
    """Give all that a search finds, page after page."""
    asked = SearchParameters((*parameters, ("_count", A_PAGE)))
    page: str | None = None
    while True:
        found = record.search(resource_type, asked, page=page)
        yield from found.matches
        page = found.next
        if page is None:
            return
