"""Enrol a patient in one journey, first steps included, in one commit."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.journeys.documents import announced, entries_id, kept_entries
from shared.journeys.engine import NOTHING, Decision, ended, next_step
from shared.journeys.entry import Entries
from shared.journeys.model import Enrolment, Journey
from shared.kernel.documents import Change, Create, Document, Documents, unchanged
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Enrol:
    """Begins a run, unless it has been begun before.

    `zone` is where days are counted, `known` what the first steps may ask about beside the enrolment.
    """

    documents: Documents
    zone: str
    features: LiveFeatures
    known: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __call__(
        self, journey: Journey, enrolment: Enrolment, *, at: datetime, rests_on: Document[Any], now: datetime
    ) -> None:
        """Begin it for what came about `at` that time.

        Who may not enter again gets an ended enrolment that says so (LC-6), and so does everybody while
        journeys are switched off: once they are on again, nobody is begun with late (OP-3). Where `rests_on`
        changes in this very moment, or another begins the same, it raises `LostRace`.
        """
        partition = rests_on.partition
        if self.documents.look(partition, enrolment.id, Enrolment) is not None:
            return
        before = self.documents.look(partition, entries_id(journey.id), Entries)
        entries = before.body if before else Entries(journey.id)
        decision = self._decided(journey, enrolment, entries, at, now)
        write = Create(enrolment.id, decision.enrolment)
        changes: list[Change] = [write]
        if decision.enrolment.reason is None:
            changes.append(kept_entries(before, entries.with_start(enrolment.id, at)))
        told = announced(decision, write)
        try:
            self.documents.commit(
                partition, changes=changes, unchanged=[unchanged(rests_on)], announcements=told
            )
        except AlreadyExists:  # the same news delivered twice at once, or another start: read again
            raise LostRace from None
        _log(decision.enrolment)

    def _decided(
        self, journey: Journey, enrolment: Enrolment, entries: Entries, at: datetime, now: datetime
    ) -> Decision:
        if not self.features.has(Feature.JOURNEYS):
            return Decision(ended(enrolment, "journeys_are_off", now))
        return entered(journey, enrolment, entries, at, zone=self.zone, now=now, known=self.known)


def _log(enrolment: Enrolment) -> None:
    noted = {"enrolment": enrolment.id, "reason": enrolment.reason}
    log.info("journeys.enrolment.started", extra=noted)


def entered(  # noqa: PLR0913  # who, where, why, when, and by what is known
    journey: Journey,
    enrolment: Enrolment,
    entries: Entries,
    at: datetime,
    *,
    zone: str,
    now: datetime,
    known: Mapping[str, Any] = NOTHING,
) -> Decision:
    """Take the first steps, or note that this patient may not enter again yet."""
    if not entries.allow(at, journey.reentry_days):
        return Decision(ended(enrolment, "repeat_entry_blocked", now))
    return next_step(journey, enrolment, zone=zone, now=now, known=known) or Decision(enrolment)
