"""Decide anew in which segments a patient is: the only writer of memberships (D8)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.fhir.instants import moment_of, span_of
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Create, Document, Documents, Replace, announcing, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, NotFound, NotYetVisible
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.patients.documents import patient_partition
from shared.segments.documents import membership_id, membership_of
from shared.segments.facts import PatientFacts
from shared.segments.live_segments import LiveSegment, LiveSegments
from shared.segments.measured import together
from shared.segments.memberships import Membership, Verdict, decided, happened
from shared.segments.model import MembershipChanged, ReconsiderPatient
from shared.segments.nesting import ways_together
from shared.segments.read_patient_facts import ReadPatientFacts
from shared.segments.rules import ResourceType

log = logging.getLogger(__name__)

MOST_TOGETHER = 45
"""Memberships in one commit, each with its announcement: well below what one takes (D4: 100)."""
CLOCKS_DIFFER_BY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class ReconsiderMemberships:
    """Evaluates the patient's facts as they are now and commits what differs from what was decided before.

    Of a segment that asks about a measure which has not been worked out, all stays as it was.

    Told twice, or late, it finds the memberships as they should be and writes nothing. Of a segment that is
    not live nobody is a member, nor is anybody whose record is gone.
    """

    record: ClinicalRecord
    documents: Documents
    live: LiveSegments
    read_facts: ReadPatientFacts
    features: LiveFeatures

    def __call__(self, asked: ReconsiderPatient, *, now: datetime) -> None:
        """Decide, or raise `NotYetVisible` while the record is behind what was announced.

        Raises `FeatureIsOff` while segments are switched off; the refresh after it finds who differs.
        """
        self.features.require(Feature.SEGMENTS)
        self._require_visible(asked)
        segments = self._asked_about(asked)
        while segments:
            written = self._decide(segments, asked.patient_id, now)
            segments = self._changed_since(segments) if written else ()

    def _decide(self, segments: Sequence[LiveSegment], patient_id: PatientId, now: datetime) -> bool:
        """Decide by the facts as they are, and say whether anything was written of it."""
        types = frozenset[ResourceType]().union(*(one.types for one in segments))
        measures = together(*(one.measures for one in segments))
        paths = ways_together(*(one.paths for one in segments))
        facts = self.read_facts(patient_id, types=types, measures=measures, paths=paths)
        decidable = [one for one in segments if can_be_decided(one, facts)]
        writes = [write for one in decidable for write in self._decided(one, patient_id, facts, now)]
        for start in range(0, len(writes), MOST_TOGETHER):
            self._commit(patient_id, writes[start : start + MOST_TOGETHER])
        if writes and self.read_facts(patient_id, types=types, measures=measures, paths=paths) != facts:
            raise LostRace  # whoever decided by the newer facts meanwhile may have found nothing to write
        return bool(writes)

    def _changed_since(self, segments: Sequence[LiveSegment]) -> Sequence[LiveSegment]:
        """Give those that have been edited since they were read: their refresh may have come too early."""
        now_are = [self.live.as_it_is(one.segment.id) for one in segments]
        return [now for one, now in zip(segments, now_are, strict=True) if not now.is_same_as(one)]

    def _asked_about(self, asked: ReconsiderPatient) -> Sequence[LiveSegment]:
        if asked.segment_id is not None:
            return [self.live.as_it_is(asked.segment_id)]
        if asked.resource is None:
            return self.live.all()
        return self.live.watching(asked.resource.partition("/")[0])

    def _decided(
        self, segment: LiveSegment, patient_id: PatientId, facts: PatientFacts | None, now: datetime
    ) -> Sequence[tuple[Create | Replace, Sequence[Announcement]]]:
        """Give what is to be written of one segment, and told: nothing where all is as it was."""
        before = membership_of(self.documents, patient_id, segment.segment.id)
        verdict = verdict_of(segment, facts, now)
        if before is not None and verdict.decided_by < before.body.decided_by:
            raise LostRace  # decided by a newer definition than this process has read yet
        after = decided(before.body if before else None, segment.segment.id, patient_id, verdict, now)
        return [] if after is None else [_told(before, after)]

    def _commit(
        self, patient_id: PatientId, writes: Sequence[tuple[Create | Replace, Sequence[Announcement]]]
    ) -> None:
        changes: list[Change] = [write for write, _ in writes]
        told = [announcement for _, announcements in writes for announcement in announcements]
        try:
            self.documents.commit(patient_partition(patient_id), changes=changes, announcements=told)
        except AlreadyExists:  # decided twice at once: read again
            raise LostRace from None
        for announcement in told:
            log.info("segments.membership.changed", extra={"membership": announcement.of[0]})

    def _require_visible(self, asked: ReconsiderPatient) -> None:
        """Raise `NotYetVisible` while what changed is not there as announced; once gone, it is."""
        if asked.resource is None or asked.version is None:
            return
        type_, _, id_ = asked.resource.partition("/")
        try:
            resource = self.record.read(type_, id_)
        except NotFound:
            return
        if _version_of(resource) < asked.version and not _is_later(resource, asked.at):
            raise NotYetVisible


def can_be_decided(segment: LiveSegment, facts: PatientFacts | None) -> bool:
    """Say whether every measure that it asks about has been worked out."""
    return facts is None or segment.measures.keys() <= facts.measures.keys()


def verdict_of(segment: LiveSegment, facts: PatientFacts | None, now: datetime) -> Verdict:
    """Evaluate one segment for one patient; `facts` is None for who is not in the record."""
    version = segment.segment.version
    if not segment.is_live or facts is None:
        return Verdict(is_member=False, decided_by=version)
    return Verdict(
        segment.compiled.holds(facts, now), version, valid_until=segment.compiled.changes_at(facts, now)
    )


def _told(
    before: Document[Membership] | None, after: Membership
) -> tuple[Create | Replace, Sequence[Announcement]]:
    write = replacing(before, after) if before else Create(membership_id(after.segment_id), after)
    news = happened(before.body if before else None, after)
    if news is None:
        return write, ()
    fact = MembershipChanged(
        segment_id=after.segment_id,
        patient_id=after.patient_id,
        membership_id=write.id,
        version=write.version,
        happened=news,
        occurrence=after.occurrence,
        at=after.as_of,
    )
    named = f"{after.patient_id}~{write.id}~{after.occurrence}~{news}"
    return write, [announcing(fact, of=write, named=named)]


def _version_of(resource: Resource) -> int:
    text = str(resource.get("meta", {}).get("versionId", ""))
    return int(text) if text.isdecimal() else 0


def _is_later(resource: Resource, at: datetime | None) -> bool:
    """Say whether it was written after what was announced: after a hard delete versions begin again."""
    try:
        updated = moment_of(span_of(str(resource.get("meta", {}).get("lastUpdated"))).low)
    except ValueError:
        return False
    return at is not None and at - updated <= CLOCKS_DIFFER_BY
