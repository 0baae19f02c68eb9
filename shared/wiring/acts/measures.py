"""The acts of room measures, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.acts.patients import PatientsActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.measures.ask_for_values import AskForValues
    from shared.measures.bring_activities_up_to_date import BringActivitiesUpToDate
    from shared.measures.list_measures import ListMeasures
    from shared.measures.list_patient_measures import ListPatientMeasures
    from shared.measures.list_values import ListValues
    from shared.measures.ports import MeasureLake
    from shared.measures.preview_measure import PreviewMeasure
    from shared.measures.put_measure import PutMeasure
    from shared.measures.queue_due_measures import QueueDueMeasures
    from shared.measures.read_measure import ReadMeasure
    from shared.measures.refresh_measure import RefreshValues


class MeasuresActs(PatientsActs):
    """What room measures can do, over the lake of room segments, to whom a record is open."""

    @once
    def measure_lake(self) -> "MeasureLake":
        from shared.adapters.parquet_measures import ParquetMeasures

        return ParquetMeasures(self.lake)

    @once
    def bring_activities_up_to_date(self) -> "BringActivitiesUpToDate":
        from shared.measures.bring_activities_up_to_date import BringActivitiesUpToDate

        return BringActivitiesUpToDate(self.documents, self.measure_lake)

    @once
    def put_measure(self) -> "PutMeasure":
        from shared.measures.put_measure import PutMeasure

        return PutMeasure(self.documents, self.live_segments)

    @once
    def read_measure(self) -> "ReadMeasure":
        from shared.measures.read_measure import ReadMeasure

        return ReadMeasure(self.documents, self.live_segments)

    @once
    def list_measures(self) -> "ListMeasures":
        from shared.measures.list_measures import ListMeasures

        return ListMeasures(self.documents, self.live_segments)

    @once
    def preview_measure(self) -> "PreviewMeasure":
        from shared.measures.preview_measure import PreviewMeasure

        return PreviewMeasure(
            self.documents,
            self.lake,
            self.measure_lake,
            self.bring_lake_up_to_date,
            self.bring_activities_up_to_date,
        )

    @once
    def ask_for_values(self) -> "AskForValues":
        from shared.measures.ask_for_values import AskForValues

        return AskForValues(self.documents)

    @once
    def list_values(self) -> "ListValues":
        from shared.measures.list_values import ListValues

        return ListValues(self.documents, self.measure_lake)

    @once
    def list_patient_measures(self) -> "ListPatientMeasures":
        from shared.measures.list_patient_measures import ListPatientMeasures

        return ListPatientMeasures(self.documents, self.measure_lake, self.find_person, self.open_record)

    @once
    def refresh_measure(self) -> "RefreshValues":
        from shared.measures.refresh_measure import RefreshValues

        return RefreshValues(
            self.documents,
            self.lake,
            self.measure_lake,
            self.bring_lake_up_to_date,
            self.bring_activities_up_to_date,
            self.live_segments,
            self.live_features,
        )

    @once
    def queue_due_measures(self) -> "QueueDueMeasures":
        from shared.measures.queue_due_measures import QueueDueMeasures

        return QueueDueMeasures(self.documents, self.publisher, self.live_features)
