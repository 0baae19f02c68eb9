"""A trigger has fired: start what waits for it."""

from dataclasses import dataclass
from datetime import datetime

from shared.journeys.documents import enrolment_id
from shared.journeys.enrol import Enrol
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import Cause, Enrolment, Journey, Subject
from shared.kernel.documents import Document, Documents
from shared.operations.live_features import LiveFeatures
from shared.patients.documents import patient_partition
from shared.triggers.firings import Firing
from shared.triggers.model import TriggerFired


@dataclass(frozen=True, slots=True)
class StartJourneys:
    """Enrols the patient in every live journey on that trigger, first steps included, each in one commit.

    The same firing starts each of them once. A firing withdrawn meanwhile starts nothing, and one withdrawn
    in this very moment makes the commit lose its race. Who may not enter again gets an ended enrolment that
    says so (LC-6). `zone` is where the days of waits are counted.
    """

    documents: Documents
    live: LiveJourneys
    zone: str
    features: LiveFeatures

    def __call__(self, fired: TriggerFired, *, now: datetime) -> None:
        journeys = self.live.starting_on(fired.trigger_id)
        if not journeys:
            return
        firing = self.documents.read(
            patient_partition(fired.patient_id), fired.firing_id, Firing, at_least=fired.version
        )
        if not firing.body.stands:
            return
        enrol = Enrol(self.documents, self.zone, self.features)
        for journey in journeys:
            enrolment = _enrolment(journey, firing, now)
            enrol(journey, enrolment, at=firing.body.fired_at, rests_on=firing, now=now)


def _enrolment(journey: Journey, firing: Document[Firing], now: datetime) -> Enrolment:
    about, _, about_id = firing.body.resource.partition("/")
    return Enrolment(
        id=enrolment_id(journey.id, firing.body),
        journey_id=journey.id,
        journey_version=journey.version,
        patient_id=firing.body.patient_id,
        subject=Subject(about, about_id),
        cause=Cause(firing.body.trigger_id, firing.id, firing.body.occurrence),
        started_at=now,
    )
