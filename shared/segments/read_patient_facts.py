"""What is known of one patient now, read from the record itself."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.named_by_identifier import NamedByIdentifier
from shared.patients.references import patients_in
from shared.patients.their_resources import TheirResources
from shared.segments.facts import PatientFacts, RecordFacts, Value
from shared.segments.follow_paths import FollowPaths
from shared.segments.in_fhir import profile_facts, record_facts
from shared.segments.links_in_fhir import ref_of
from shared.segments.measured import Asked
from shared.segments.nesting import Path, Paths
from shared.segments.ports import NO_MEASURES, Lake
from shared.segments.rules import ResourceType

NO_PATHS: Paths = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ReadPatientFacts:
    """Reads a patient and their records of the types asked about: one search each, to its end.

    What names them by an identifier alone is looked for too, and what names but an Encounter of theirs: a
    search more for each type where they have an identifier, and where R4 lets it be about nobody else.
    What measures gave of them is read from the lake, as last worked out.
    """

    record: ClinicalRecord
    lake: Lake
    by_identifier: NamedByIdentifier

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
        theirs = TheirResources(self.record, patient_id, self.by_identifier)
        own = paths.get("Patient", frozenset())
        return PatientFacts(
            profile,
            {
                type_: _records(type_, patient_id, theirs, follow, paths.get(type_, frozenset()))
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
    type_: ResourceType,
    patient_id: PatientId,
    theirs: TheirResources,
    follow: FollowPaths,
    paths: frozenset[Path],
) -> tuple[RecordFacts, ...]:
    resources = [one for one in theirs.of(type_) if patients_in(one) or theirs.are_by_name(one)]
    found = [facts for one in resources if (facts := record_facts(one, patient_id)) is not None]
    if paths:
        leads = follow(resources, paths)
        found = [replace(one, leads=leads[f"{type_}/{one.id}"]) for one in found]
    return tuple(sorted(found, key=lambda one: one.id))
