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
        shown = tuple(measures_of(self.documents, self.measures, patient_id, caller, most_rows=MOST_ROWS))
        return PatientMeasures(shown, patient_id, opened.ground, opened.why)


def measures_of(
    documents: Documents, lake: MeasureLake, patient_id: PatientId, caller: Caller, *, most_rows: int
) -> Iterator[PatientMeasure]:
    """Give what every live measure of patients gave of this one, as far as the caller may know it."""
    for one in measures_in_state(documents, "live"):
        if one.kind == "business" or not _may_know(documents, one, caller):
            continue
        kept = lake.of_patient(one.id, patient_id, most=most_rows)
        if kept is not None and may_know(caller, is_clinical=kept.about.is_clinical):
            yield PatientMeasure(one.id, one.name, one.kind, kept.about.version, kept.as_of, tuple(kept.rows))


def _may_know(documents: Documents, measure: Measure, caller: Caller) -> bool:
    return may_know(caller, is_clinical=rests_on_clinical_data(documents, measure))
