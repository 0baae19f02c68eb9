"""A trigger has fired: start what waits for it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.journeys.documents import announced, enrolment_id, entries_id, kept_entries
from shared.journeys.engine import Decision, ended, next_step
from shared.journeys.entry import Entries
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import Cause, Enrolment, Journey, Subject
from shared.kernel.documents import Change, Create, Document, Documents, unchanged
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.patients.documents import patient_partition
from shared.triggers.firings import Firing
from shared.triggers.model import TriggerFired

log = logging.getLogger(__name__)


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

    def __call__(self, fired: TriggerFired, *, now: datetime) -> None:
        journeys = self.live.starting_on(fired.trigger_id)
        if not journeys:
            return
        firing = self.documents.read(
            patient_partition(fired.patient_id), fired.firing_id, Firing, at_least=fired.version
        )
        if not firing.body.stands:
            return
        for journey in journeys:
            self._start(journey, firing, now)

    def _start(self, journey: Journey, firing: Document[Firing], now: datetime) -> None:
        named = enrolment_id(journey.id, firing.body)
        if self.documents.look(firing.partition, named, Enrolment) is not None:
            return
        before = self.documents.look(firing.partition, entries_id(journey.id), Entries)
        entries = before.body if before else Entries(journey.id)
        enrolment = _enrolment(named, journey, firing, now)
        decision = entered(journey, enrolment, entries, firing.body.fired_at, zone=self.zone, now=now)
        write = Create(named, decision.enrolment)
        changes: list[Change] = [write]
        if decision.enrolment.reason is None:
            changes.append(kept_entries(before, entries.with_start(named, firing.body.fired_at)))
        try:
            self.documents.commit(
                firing.partition,
                changes=changes,
                unchanged=[unchanged(firing)],
                announcements=announced(decision, write),
            )
        except AlreadyExists:  # the same firing delivered twice at once, or another start: read again
            raise LostRace from None
        log.info(
            "journeys.enrolment.started", extra={"enrolment": named, "reason": decision.enrolment.reason}
        )


def entered(  # who, where, why, and when
    journey: Journey, enrolment: Enrolment, entries: Entries, fired_at: datetime, *, zone: str, now: datetime
) -> Decision:
    """Take the first steps, or note that this patient may not enter again yet."""
    if not entries.allow(fired_at, journey.reentry_days):
        return Decision(ended(enrolment, "repeat_entry_blocked", now))
    return next_step(journey, enrolment, zone=zone, now=now) or Decision(enrolment)


def _enrolment(named: str, journey: Journey, firing: Document[Firing], now: datetime) -> Enrolment:
    about, _, about_id = firing.body.resource.partition("/")
    return Enrolment(
        id=named,
        journey_id=journey.id,
        journey_version=journey.version,
        patient_id=firing.body.patient_id,
        subject=Subject(about, about_id),
        cause=Cause(firing.body.trigger_id, firing.id, firing.body.occurrence),
        started_at=now,
    )
