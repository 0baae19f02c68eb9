"""What is known of one patient now, read from the record itself."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.segments.facts import PatientFacts, RecordFacts, Value
from shared.segments.in_fhir import profile_facts, record_facts
from shared.segments.measured import Asked
from shared.segments.ports import NO_MEASURES, Lake
from shared.segments.rules import ResourceType

A_PAGE = "1000"


@dataclass(frozen=True, slots=True)
class ReadPatientFacts:
    """Reads a patient and their records of the types asked about: one search each, to its end.

    What measures gave of them is read from the lake, as last worked out.
    """

    record: ClinicalRecord
    lake: Lake

    def __call__(
        self, patient_id: PatientId, *, types: Collection[ResourceType], measures: Asked = NO_MEASURES
    ) -> PatientFacts | None:
        """Give the facts, or None for who is not in the record."""
        try:
            patient = self.record.read("Patient", patient_id)
        except NotFound:
            return None
        profile = profile_facts(patient)
        if profile is None:
            return None
        return PatientFacts(
            profile,
            {type_: self._records(type_, patient_id) for type_ in sorted(types)},
            dict(self._measured(patient_id, measures)),
        )

    def _measured(
        self, patient_id: PatientId, measures: Asked
    ) -> Iterator[tuple[str, tuple[Mapping[str, Value], ...]]]:
        """Give the values by measure, but not of one that has no such calculation yet."""
        for measure_id, calculations in measures.items():
            groups = self.lake.values_of(measure_id, patient_id)
            if groups is not None and all(calculations <= group.keys() for group in groups):
                yield measure_id, tuple(groups)

    def _records(self, type_: ResourceType, patient_id: PatientId) -> tuple[RecordFacts, ...]:
        found = (record_facts(resource, patient_id) for resource in self._found(type_, patient_id))
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.id))

    def _found(self, type_: ResourceType, patient_id: PatientId) -> Iterator[Resource]:
        whose = "actor" if type_ == "Appointment" else "patient"
        asked = SearchParameters(((whose, f"Patient/{patient_id}"), ("_count", A_PAGE)))
        page: str | None = None
        while True:
            found = self.record.search(type_, asked, page=page)
            yield from found.matches
            page = found.next
            if page is None:
                return
