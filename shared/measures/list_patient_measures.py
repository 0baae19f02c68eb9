"""Show what the measures gave of one patient."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, Reading
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.measures.clinical import may_know, rests_on_clinical_data
from shared.measures.documents import measures_in_state
from shared.measures.formula import Kind, Measure
from shared.measures.ports import MeasureLake, ValueRow
from shared.patients.find_person import FindPerson
from shared.patients.open_record import OpenRecord

MOST_ROWS = 100
"""Of one measure: those that split by days may have many."""


@dataclass(frozen=True, slots=True)
class PatientMeasure:
    """One measure of the patient: the first of its values, as of when. None at all is no rows."""

    measure_id: str
    name: str
    kind: Kind
    version: int
    as_of: datetime
    values: tuple[ValueRow, ...]


@dataclass(frozen=True, slots=True)
class PatientMeasures:
    """The live measures of a patient that have been worked out, in no order.

    `ground` is the one on which they are shown, `why` what the audit keeps of that.
    """

    measures: tuple[PatientMeasure, ...]
    patient_id: PatientId
    ground: Reading
    why: str


@dataclass(frozen=True, slots=True)
class ListPatientMeasures:
    """Gives what every live measure of patients gave of this one, on the terms of a record (D13).

    Those that rest on clinical data are left out for whoever may see none, as if they were not there.
    """

    documents: Documents
    measures: MeasureLake
    find_person: FindPerson
    open_record: OpenRecord

    def __call__(
        self, *, patient_id: PatientId, caller: Caller, reason: str | None, now: datetime
    ) -> PatientMeasures:
        """Give it, or raise `NoSuchPatient` or `CareRelationshipMissing`."""
        person = self.find_person(patient_id).person
        opened = self.open_record(person, caller=caller, reason=reason, read="list_patient_measures", now=now)
        live = measures_in_state(self.documents, "live")
        for_them = (one for one in live if one.kind != "business" and self._may_know(one, caller))
        shown = tuple(self._of(patient_id, for_them, caller))
        return PatientMeasures(shown, patient_id, opened.ground, opened.why)

    def _may_know(self, measure: Measure, caller: Caller) -> bool:
        return may_know(caller, is_clinical=rests_on_clinical_data(self.documents, measure))

    def _of(
        self, patient_id: PatientId, measures: Iterator[Measure], caller: Caller
    ) -> Iterator[PatientMeasure]:
        for one in measures:
            kept = self.measures.of_patient(one.id, patient_id, most=MOST_ROWS)
            if kept is not None and may_know(caller, is_clinical=kept.about.is_clinical):
                yield PatientMeasure(
                    one.id, one.name, one.kind, kept.about.version, kept.as_of, tuple(kept.rows)
                )
