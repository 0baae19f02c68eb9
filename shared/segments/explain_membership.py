"""Why is this patient in, or not in?"""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, may_read_clinical
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.segments.clinical import OnlyForClinicalStaff, is_clinical
from shared.segments.documents import membership_of
from shared.segments.live_segments import LiveSegments
from shared.segments.model import MeasureNotWorkedOut
from shared.segments.one_patient import Explanation
from shared.segments.read_patient_facts import ReadPatientFacts
from shared.segments.reconsider_patient import can_be_decided
from shared.segments.rules import SegmentState


class NoSuchPatient(NotFound):
    """There is no such patient in the record."""


@dataclass(frozen=True, slots=True)
class MembershipExplained:
    """Whether the rule holds for the patient now, and whether and since when they are taken as a member.

    The two differ while a segment is no longer, or not yet, live, and for the moment a change takes to
    arrive. `why` says it in plain words, to those who may see clinical data. At `may_change_at` time alone
    may make the rule say otherwise.
    """

    patient_id: PatientId
    segment_id: str
    segment_version: int
    segment_state: SegmentState
    holds: bool
    is_member: bool
    since: datetime | None
    until: datetime | None
    as_of: datetime
    may_change_at: datetime | None
    why: Explanation | None


@dataclass(frozen=True, slots=True)
class ExplainMembership:
    """Evaluates the rule on what the record says now, and keeps nothing.

    Whether a clinical rule holds is itself clinical data. Of any other, whoever may not see those is told
    whether it holds and not why.
    """

    documents: Documents
    live: LiveSegments
    read_facts: ReadPatientFacts

    def __call__(
        self, *, patient_id: PatientId, segment_id: str, caller: Caller, now: datetime
    ) -> MembershipExplained:
        """Explain it.

        Raises `NoSuchSegment`, `OnlyForClinicalStaff`, `NoSuchPatient` or `MeasureNotWorkedOut`.
        """
        segment = self.live.as_it_is(segment_id)
        sees_why = may_read_clinical(caller)
        if not sees_why and is_clinical(self.documents, segment.segment.rule, segment.nested):
            raise OnlyForClinicalStaff
        facts = self.read_facts(
            patient_id, types=segment.types, measures=segment.measures, paths=segment.paths
        )
        if facts is None:
            raise NoSuchPatient
        if not can_be_decided(segment, facts):
            raise MeasureNotWorkedOut
        kept = membership_of(self.documents, patient_id, segment_id)
        membership = kept.body if kept else None
        return MembershipExplained(
            patient_id=patient_id,
            segment_id=segment_id,
            segment_version=segment.segment.version,
            segment_state=segment.segment.state,
            holds=segment.compiled.holds(facts, now),
            is_member=membership is not None and membership.is_member,
            since=membership.since if membership else None,
            until=membership.until if membership else None,
            as_of=now,
            may_change_at=segment.compiled.changes_at(facts, now) if sees_why else None,
            why=segment.compiled.explain(facts, now) if sees_why else None,
        )
