"""What is known of one patient now, read from the record itself."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.declarations import DECLARATIONS
from shared.segments.facts import PatientFacts, RecordFacts, Value
from shared.segments.follow_paths import FollowPaths
from shared.segments.in_fhir import profile_facts, record_facts
from shared.segments.links_in_fhir import ref_of
from shared.segments.measured import Asked
from shared.segments.nesting import Path, Paths
from shared.segments.ports import NO_MEASURES, Lake
from shared.segments.rules import ResourceType

NO_PATHS: Paths = MappingProxyType({})
A_PAGE = "1000"


@dataclass(frozen=True, slots=True)
class ReadPatientFacts:
    """Reads a patient and their records of the types asked about: one search each, to its end.

    What measures gave of them is read from the lake, as last worked out.
    """

    record: ClinicalRecord
    lake: Lake

    def __call__(
        self,
        patient_id: PatientId,
        *,
        types: Collection[ResourceType],
        measures: Asked = NO_MEASURES,
        paths: Paths = NO_PATHS,
    ) -> PatientFacts | None:
        """Give the facts, or None for who is not in the record."""
        try:
            patient = self.record.read("Patient", patient_id)
        except NotFound:
            return None
        profile = profile_facts(patient)
        if profile is None:
            return None
        follow = FollowPaths(self.record)
        own = paths.get("Patient", frozenset())
        return PatientFacts(
            profile,
            {
                type_: self._records(type_, patient_id, follow, paths.get(type_, frozenset()))
                for type_ in sorted(types)
            },
            dict(self._measured(patient_id, measures)),
            follow([patient], own)[ref_of(patient)] if own else (),
        )

    def _measured(
        self, patient_id: PatientId, measures: Asked
    ) -> Iterator[tuple[str, tuple[Mapping[str, Value], ...]]]:
        """Give the values by measure, but not of one that has no such calculation yet."""
        for measure_id, calculations in measures.items():
            groups = self.lake.values_of(measure_id, patient_id)
            if groups is not None and all(calculations <= group.keys() for group in groups):
                yield measure_id, tuple(groups)

    def _records(
        self, type_: ResourceType, patient_id: PatientId, follow: FollowPaths, paths: frozenset[Path]
    ) -> tuple[RecordFacts, ...]:
        resources = list(self._found(type_, patient_id))
        found = [facts for one in resources if (facts := record_facts(one, patient_id)) is not None]
        if paths:
            leads = follow(resources, paths)
            found = [replace(one, leads=leads[f"{type_}/{one.id}"]) for one in found]
        return tuple(sorted(found, key=lambda one: one.id))

    def _found(self, type_: ResourceType, patient_id: PatientId) -> Iterator[Resource]:
        whose = DECLARATIONS[type_].whose
        asked = SearchParameters(((whose, f"Patient/{patient_id}"), ("_count", A_PAGE)))
        page: str | None = None
        while True:
            found = self.record.search(type_, asked, page=page)
            yield from found.matches
            page = found.next
            if page is None:
                return
