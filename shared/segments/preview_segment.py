"""Show whom a segment would hold, before it is kept (SG-9)."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import TransientFault
from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
from shared.segments.check_relationship import not_one_to_one
from shared.segments.clinical import may_know
from shared.segments.definitions import drafted
from shared.segments.documents import looking_in, nested_in
from shared.segments.measured import outlines_in
from shared.segments.nesting import measures_in, paths_in
from shared.segments.population import sql_for
from shared.segments.ports import Lake
from shared.segments.relationships import relationships_in
from shared.segments.rules import Rule, SegmentDraft
from shared.segments.singling_out import require_may_count

log = logging.getLogger(__name__)

MOST_SHOWN = 10
NAMED = "preview"


@dataclass(frozen=True, slots=True)
class PreviewAsked:
    """A rule, and where its days begin; as in `SegmentDraft`."""

    rule: Rule
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """How many the rule finds, some of them, and up to when the record was taken into account.

    Of a rule that asks about clinical data, whoever may see none is told how many and nobody in particular.
    `not_one_to_one` are the relationships that the rule goes by, are declared one to one, and are not.
    """

    size: int
    sample: tuple[PatientId, ...]
    complete_up_to: datetime | None
    not_one_to_one: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreviewSegment:
    """Asks the lake and keeps nothing; one that cannot be brought up to date answers as it is."""

    documents: Documents
    lake: Lake
    bring_up_to_date: BringLakeUpToDate

    def __call__(self, asked: PreviewAsked, *, caller: Caller, now: datetime) -> Preview:
        """Give it, or raise `Nonsense`, `NotToSingleOut` or `MeasureNotWorkedOut`."""
        draft = SegmentDraft(NAMED, asked.rule, time_zone=asked.time_zone)
        segment = drafted(
            NAMED,
            draft,
            1,
            looking_in(self.documents),
            outlines_in(self.documents),
            relationships_in(self.documents),
        )
        try:
            self.bring_up_to_date(now=now)
        except TransientFault as fault:
            log.info("segments.preview.behind", extra={"reason": type(fault).__name__})
        nested = nested_in(self.documents, segment.rule)
        require_may_count(self.documents, segment.rule, nested, caller)
        sql, measures = sql_for(segment, nested=nested), measures_in(segment.rule, nested)
        found = sorted(self.lake.population(sql, as_of=now, measures=measures))
        most = MOST_SHOWN if may_know(self.documents, segment.rule, caller) else 0
        broken = not_one_to_one(self.documents, self.lake, paths_in(segment.rule, nested), now)
        named = tuple(one.relationship_id for one in broken)
        return Preview(len(found), tuple(found[:most]), self.lake.state().complete_up_to, named)
