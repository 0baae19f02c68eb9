"""The acts of room journeys, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.journeys.advance_journey import AdvanceJourney
    from shared.journeys.end_enrolment import EndEnrolment
    from shared.journeys.follow_appointment import FollowAppointment
    from shared.journeys.follow_membership import FollowMembership
    from shared.journeys.list_enrolments import ListEnrolments
    from shared.journeys.list_journeys import ListJourneys
    from shared.journeys.live_journeys import LiveJourneys
    from shared.journeys.put_journey import PutJourney
    from shared.journeys.queue_due_enrolments import QueueDueEnrolments
    from shared.journeys.read_journey import ReadJourney
    from shared.journeys.start_journeys import StartJourneys
    from shared.journeys.stop_journeys import StopJourneys


class JourneysActs(Ports):
    """What room journeys can do."""

    @once
    def live_journeys(self) -> "LiveJourneys":
        from shared.journeys.live_journeys import LiveJourneys

        return LiveJourneys(self.documents, self.clock)

    @once
    def start_journeys(self) -> "StartJourneys":
        from shared.journeys.start_journeys import StartJourneys

        return StartJourneys(
            self.documents,
            self.live_journeys,
            self.settings.organisation_time_zone,
            self.live_features,
            self.own_resources,
        )

    @once
    def stop_journeys(self) -> "StopJourneys":
        from shared.journeys.stop_journeys import StopJourneys

        return StopJourneys(self.documents, self.live_journeys)

    @once
    def follow_appointment(self) -> "FollowAppointment":
        from shared.appointments.read_appointment_now import ReadAppointmentNow
        from shared.journeys.follow_appointment import FollowAppointment

        zone = self.settings.organisation_time_zone
        read_now = ReadAppointmentNow(self.record, zone)
        return FollowAppointment(self.documents, self.live_journeys, zone, read_now, self.live_features)

    @once
    def follow_membership(self) -> "FollowMembership":
        from shared.journeys.follow_membership import FollowMembership

        return FollowMembership(
            self.documents, self.live_journeys, self.settings.organisation_time_zone, self.live_features
        )

    @once
    def advance_journey(self) -> "AdvanceJourney":
        from shared.appointments.read_appointment_now import ReadAppointmentNow
        from shared.journeys.advance_journey import AdvanceJourney

        return AdvanceJourney(
            self.documents,
            self.live_journeys,
            self.settings.organisation_time_zone,
            ReadAppointmentNow(self.record, self.settings.organisation_time_zone),
            self.own_resources,
        )

    @once
    def queue_due_enrolments(self) -> "QueueDueEnrolments":
        from shared.journeys.queue_due_enrolments import QueueDueEnrolments

        return QueueDueEnrolments(self.documents, self.publisher, self.live_journeys)

    @once
    def put_journey(self) -> "PutJourney":
        from shared.journeys.put_journey import PutJourney

        return PutJourney(self.documents)

    @once
    def read_journey(self) -> "ReadJourney":
        from shared.journeys.read_journey import ReadJourney

        return ReadJourney(self.documents)

    @once
    def list_journeys(self) -> "ListJourneys":
        from shared.journeys.list_journeys import ListJourneys

        return ListJourneys(self.documents)

    @once
    def list_enrolments(self) -> "ListEnrolments":
        from shared.journeys.list_enrolments import ListEnrolments

        return ListEnrolments(self.documents, self.live_journeys)

    @once
    def end_enrolment(self) -> "EndEnrolment":
        from shared.journeys.end_enrolment import EndEnrolment

        return EndEnrolment(self.documents, self.live_journeys)
