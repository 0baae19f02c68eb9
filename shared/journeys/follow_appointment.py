"""An appointment was booked, moved or cancelled: bring the journeys about it in step."""

from dataclasses import dataclass
from datetime import datetime

from shared.appointments.model import AppointmentChanged
from shared.journeys.bound_to_appointment import told_of
from shared.journeys.documents import enrolments_of
from shared.journeys.end_early import EndEarly
from shared.journeys.enrol import Enrol
from shared.journeys.follow_news import follow
from shared.journeys.following import Followed, is_outdated, outdating, run_about
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.ports import ReadsAppointments, as_it_is
from shared.kernel.documents import Document, Documents, unchanged
from shared.operations.live_features import LiveFeatures


@dataclass(frozen=True, slots=True)
class FollowAppointment:
    """Ends what was begun about the appointment as it was, and begins what it now calls for (AP-9, AP-10).

    A run is about one appointment since one change: told twice it is the same run, and news that comes after
    later news begins and ends nothing. What a run has asked for and nobody was sent yet is taken back in the
    same commit. What it begins speaks of the appointment as the record has it by then. `zone` is where days
    are counted.
    """

    documents: Documents
    live: LiveJourneys
    zone: str
    appointment_now: ReadsAppointments
    features: LiveFeatures

    def __call__(self, changed: AppointmentChanged, *, now: datetime) -> None:
        news = Followed(changed.appointment_id, changed.change)
        followed = follow(self.documents, changed.patient_id, news)
        if followed is None:
            return
        self._end_outdated(changed, followed, now)
        journeys = self.live.on_appointment(changed.happened)
        if changed.starts_at <= now or not journeys:  # what has begun calls for no message any more
            return
        appointment = as_it_is(self.appointment_now, changed.patient_id, changed.appointment_id)
        enrol = Enrol(self.documents, self.zone, self.features)
        for journey in journeys:
            run = told_of(run_about(changed, journey, now), appointment)
            enrol(journey, run, at=changed.changed_at, rests_on=followed, now=now)

    def _end_outdated(self, changed: AppointmentChanged, followed: Document[Followed], now: datetime) -> None:
        reason = outdating(changed)
        if reason is None:
            return
        end = EndEarly(self.documents, self.live)
        for enrolment in enrolments_of(self.documents, changed.patient_id):
            if is_outdated(enrolment.body, changed):
                end(enrolment, reason, now, provided=[unchanged(followed)])
