"""Take a patient out of a journey."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.journeys.documents import announced, enrolment_of
from shared.journeys.engine import stopped
from shared.journeys.list_enrolments import EnrolmentShown, shown
from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import EnrolmentHasMovedOn
from shared.kernel.documents import Documents, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense


@dataclass(frozen=True, slots=True)
class EndingAsked:
    """Why a person ends it; kept in the audit."""

    why: str


@dataclass(frozen=True, slots=True)
class EndEnrolment:
    """Ends one run where it stands, at a person's word (LC-1); one that has ended stays as it ended.

    What it has asked for and nobody was sent yet is taken back.
    """

    documents: Documents
    live: LiveJourneys

    def __call__(  # why, who, whose, which, when
        self,
        asked: EndingAsked,
        *,
        patient_id: PatientId,
        enrolment_id: str,
        caller: Caller,
        now: datetime,
        if_match: str | None,
    ) -> EnrolmentShown:
        """End it, or raise `Nonsense`, `NoSuchEnrolment` or `EnrolmentHasMovedOn`."""
        if not asked.why.strip():
            raise Nonsense(("why", "missing"))
        found = enrolment_of(self.documents, patient_id, enrolment_id)
        if if_match is not None and if_match != found.etag:
            raise EnrolmentHasMovedOn
        journey = self.live.as_begun(found.body.journey_id, found.body.journey_version)
        if not found.body.is_active:
            return shown(found.body, journey, found.etag)
        decision = stopped(found.body, journey, "ended_by_staff", now)
        write = replacing(found, decision.enrolment)
        audit = audited(
            write,
            what="end_enrolment",
            subject=found.id,
            who=caller.who,
            now=now,
            patient_id=found.body.patient_id,
            why=asked.why,
            entry_id=f"enrolment~{found.body.patient_id}~{found.id}~{write.version}",
        )
        told = [*announced(decision, write), audit]
        etags = self.documents.commit(found.partition, changes=[write], announcements=told)
        return shown(decision.enrolment, journey, etags[found.id])
