"""The acts by which all that is kept beside the record is brought up to date, over the rooms that keep it."""

from typing import TYPE_CHECKING

from shared.wiring.acts.activities import ActivitiesActs
from shared.wiring.acts.exports import ExportsActs
from shared.wiring.acts.matching import MatchingActs
from shared.wiring.acts.measures import MeasuresActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.patients.advance_refresh import AdvanceRefreshRun
    from shared.patients.begin_refresh import BeginRefresh
    from shared.patients.cancel_refresh import CancelRefresh
    from shared.patients.list_refreshes import ListRefreshes
    from shared.patients.put_refresh_schedule import PutRefreshSchedule
    from shared.patients.queue_due_refresh import QueueDueRefresh
    from shared.patients.queue_overdue_stage import QueueOverdueStage
    from shared.patients.read_refresh_schedule import ReadRefreshSchedule
    from shared.patients.work_on_refreshes import WorkOnRefreshes


class RefreshesActs(ExportsActs, MeasuresActs, ActivitiesActs, MatchingActs):
    """What room patients can do with what other rooms keep: a stage of a refresh is one of them."""

    @once
    def begin_refresh(self) -> "BeginRefresh":
        from shared.patients.begin_refresh import BeginRefresh

        return BeginRefresh(self.documents)

    @once
    def cancel_refresh(self) -> "CancelRefresh":
        from shared.patients.cancel_refresh import CancelRefresh

        return CancelRefresh(self.documents)

    @once
    def advance_refresh_run(self) -> "AdvanceRefreshRun":
        from shared.activities.place_activities import PlaceActivities
        from shared.exports.run_live_exports import RunLiveExports
        from shared.matching.run_matchings import RunMatchings
        from shared.measures.refresh_live_measures import RefreshLiveMeasures
        from shared.patients.advance_refresh import AdvanceRefreshRun
        from shared.patients.find_patient import FindPatient
        from shared.patients.follow_record import FollowRecord
        from shared.patients.project_anew import ProjectAnew
        from shared.patients.projected_patients import ProjectedPatients
        from shared.segments.refresh_live_segments import RefreshLiveSegments

        projected = ProjectedPatients(self.documents, FindPatient(self.record))
        return AdvanceRefreshRun(
            self.documents,
            {
                "records": FollowRecord(self.record, projected, self.project_change),
                "matchings": RunMatchings(self.documents, self.start_matching_run),
                "projections": ProjectAnew(self.documents, self.project_patient),
                "activities": PlaceActivities(self.documents, self.publisher),
                "segments": RefreshLiveSegments(
                    self.documents, self.publisher, self.live_segments, self.live_features
                ),
                "measures": RefreshLiveMeasures(self.documents, self.ask_for_values, self.live_features),
                "exports": RunLiveExports(self.documents, self.ask_for_export),
            },
        )

    @once
    def advance_refresh(self) -> "WorkOnRefreshes":
        from shared.patients.begin_scheduled_refresh import BeginsScheduledRefresh
        from shared.patients.end_overdue_stage import EndsOverdueStage
        from shared.patients.work_on_refreshes import WorkOnRefreshes

        return WorkOnRefreshes(
            self.advance_refresh_run,
            BeginsScheduledRefresh(self.documents),
            EndsOverdueStage(self.documents),
        )

    @once
    def list_refreshes(self) -> "ListRefreshes":
        from shared.patients.list_refreshes import ListRefreshes

        return ListRefreshes(self.documents)

    @once
    def put_refresh_schedule(self) -> "PutRefreshSchedule":
        from shared.patients.put_refresh_schedule import PutRefreshSchedule

        return PutRefreshSchedule(self.documents, self.settings.organisation_time_zone)

    @once
    def read_refresh_schedule(self) -> "ReadRefreshSchedule":
        from shared.patients.read_refresh_schedule import ReadRefreshSchedule

        return ReadRefreshSchedule(self.documents, self.settings.organisation_time_zone)

    @once
    def queue_due_refresh(self) -> "QueueDueRefresh":
        from shared.patients.queue_due_refresh import QueueDueRefresh

        return QueueDueRefresh(self.documents, self.publisher)

    @once
    def queue_overdue_stage(self) -> "QueueOverdueStage":
        from shared.patients.queue_overdue_stage import QueueOverdueStage

        return QueueOverdueStage(self.documents, self.publisher)
