"""A trigger has fired, or a custom one was told of: start what waits for it."""

from dataclasses import dataclass
from datetime import datetime

from shared.journeys.documents import enrolment_id, enrolment_named
from shared.journeys.enrol import Enrol
from shared.journeys.known_of import known_of
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import ByEvent, Cause, Enrolment, Journey, Subject
from shared.kernel.documents import Document, Documents
from shared.messaging.model import ToldOf
from shared.operations.live_features import LiveFeatures
from shared.patients.documents import patient_partition
from shared.patients.read_own_resources import ReadOwnResources
from shared.triggers.custom import CustomEvent
from shared.triggers.firings import Firing
from shared.triggers.model import CustomTriggerFired, TriggerFired


@dataclass(frozen=True, slots=True)
class StartJourneys:
    """Enrols the patient in every live journey on that trigger, first steps included, each in one commit.

    The same firing starts each of them once. A firing withdrawn meanwhile starts nothing, and one withdrawn
    in this very moment makes the commit lose its race. Who may not enter again gets an ended enrolment that
    says so (LC-6). `zone` is where the days of waits are counted. So it is with an event of a custom trigger,
    which nobody withdraws.
    """

    documents: Documents
    live: LiveJourneys
    zone: str
    features: LiveFeatures
    own_resources: ReadOwnResources

    def __call__(self, fired: TriggerFired | CustomTriggerFired, *, now: datetime) -> None:
        match fired:
            case TriggerFired():
                self._on_firing(fired, now)
            case CustomTriggerFired():
                self._on_event(fired, now)

    def _on_event(self, fired: CustomTriggerFired, now: datetime) -> None:
        journeys = self.live.on_custom_trigger(fired.trigger_id)
        if not journeys:
            return
        event = self.documents.read(
            patient_partition(fired.patient_id), fired.event_id, CustomEvent, at_least=fired.version
        )
        for journey in journeys:
            enrolment = run_about_event(journey, event, now)
            known = known_of(enrolment, journey, self.own_resources)
            enrol = Enrol(self.documents, self.zone, self.features, known)
            enrol(journey, enrolment, at=fired.fired_at, rests_on=event, now=now)

    def _on_firing(self, fired: TriggerFired, now: datetime) -> None:
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


def run_about_event(journey: Journey, event: Document[CustomEvent], now: datetime) -> Enrolment:
    """Make the run about an event, which carries what the event said."""
    told = event.body
    return Enrolment(
        id=enrolment_named(journey.id, event.id, ""),
        journey_id=journey.id,
        journey_version=journey.version,
        patient_id=told.patient_id,
        subject=Subject("event", event.id),
        cause=ByEvent("event", told.trigger_id, event.id),
        started_at=now,
        told_of=ToldOf(told.given, told.references),
    )


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
