"""The act that shows a patient's page, over the rooms of which parts stand on it."""

from typing import TYPE_CHECKING

from shared.wiring.acts.activities import ActivitiesActs
from shared.wiring.acts.measures import MeasuresActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.patients.show_patient import ShowPatient


class PatientPageActs(MeasuresActs, ActivitiesActs):
    """What room patients can show of what other rooms know."""

    @once
    def show_patient(self) -> "ShowPatient":
        from shared.activities.show_activities import ShowActivities
        from shared.matching.show_ids_by_source import ShowIdsBySource
        from shared.measures.show_measures import ShowMeasures
        from shared.patients.show_patient import ShowPatient

        return ShowPatient(
            self.record,
            self.documents,
            self.find_person,
            self.open_record,
            self.read_facts,
            ShowActivities(self.documents),
            ShowMeasures(self.documents, self.measure_lake),
            ShowIdsBySource(self.documents),
        )
