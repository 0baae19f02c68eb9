"""End one run before its last step, and take back what it has asked for."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.journeys.documents import announced
from shared.journeys.engine import Decision, stopped, taken_back
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import Enrolment, Journey, Reason
from shared.kernel.documents import Change, Document, Documents, Unchanged, replacing, unchanged

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndEarly:
    """Ends a run where it stands, and takes back what it has asked for and nobody was sent yet.

    One that was completed stays so, and has its messages taken back too. One that has ended early already is
    left alone.
    """

    documents: Documents
    live: LiveJourneys

    def __call__(
        self,
        enrolment: Document[Enrolment],
        reason: Reason,
        now: datetime,
        *,
        also: Sequence[Change] = (),
        provided: Sequence[Unchanged] = (),
    ) -> None:
        """End it, `also` writing what must go with it, `provided` that something else still holds."""
        match enrolment.body.state:
            case "active":
                self._end(enrolment, reason, now, also, provided)
            case "completed":
                self._take_back(enrolment)
            case "ended":
                return

    def _end(
        self,
        enrolment: Document[Enrolment],
        reason: Reason,
        now: datetime,
        also: Sequence[Change],
        provided: Sequence[Unchanged],
    ) -> None:
        decision = stopped(enrolment.body, self._begun(enrolment.body), reason, now)
        write = replacing(enrolment, decision.enrolment)
        self.documents.commit(
            enrolment.partition,
            changes=[write, *also],
            unchanged=provided,
            announcements=announced(decision, write),
        )
        log.info("journeys.enrolment.ended", extra={"enrolment": enrolment.id, "reason": reason})

    def _take_back(self, enrolment: Document[Enrolment]) -> None:
        body = enrolment.body
        told = announced(Decision(body, taken_back(body, self._begun(body))), enrolment)
        if told:
            self.documents.commit(enrolment.partition, unchanged=[unchanged(enrolment)], announcements=told)

    def _begun(self, enrolment: Enrolment) -> Journey:
        return self.live.as_begun(enrolment.journey_id, enrolment.journey_version)
