"""Show on a patient's page what measures gave of them (UN-15)."""

from dataclasses import dataclass
from itertools import islice

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.measures.list_patient_measures import PatientMeasure, measures_of
from shared.measures.ports import MeasureLake
from shared.patients.ports import ShowsMeasures
from shared.patients.tiles import GroupOnTile, MeasureOnTile, MeasuresTile

MOST_GROUPS = 5
"""Of one measure: those that split by days may have many."""


@dataclass(frozen=True, slots=True)
class ShowMeasures(ShowsMeasures):
    """Gives the first of what `ListPatientMeasures` would, to whom the record is open already."""

    documents: Documents
    measures: MeasureLake

    def __call__(self, patient_id: PatientId, *, caller: Caller, most: int) -> MeasuresTile:
        all_of_them = measures_of(self.documents, self.measures, patient_id, caller, most_rows=MOST_GROUPS)
        found = list(islice(all_of_them, most + 1))
        return MeasuresTile("shown", tuple(map(_on_tile, found[:most])), has_more=len(found) > most)


def _on_tile(one: PatientMeasure) -> MeasureOnTile:
    groups = tuple(GroupOnTile(row.dimensions, row.values) for row in one.values)
    return MeasureOnTile(one.measure_id, one.name, one.as_of, groups)
