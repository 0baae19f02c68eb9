"""Keep a measure as its maker wants it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.announcements import Announcement
from shared.kernel.documents import (
    Change,
    Create,
    Document,
    Documents,
    Replace,
    announcing,
    as_seen,
    replacing,
)
from shared.kernel.refusals import Nonsense
from shared.measures.clinical import require_may_open
from shared.measures.definitions import drafted
from shared.measures.documents import (
    CURRENT,
    VALUES,
    Refresh,
    measure_partition,
    refresh_of,
    version_id,
)
from shared.measures.formula import Measure, MeasureDraft
from shared.measures.model import MeasureChangedMeanwhile, MeasureIsThere, RefreshMeasure
from shared.measures.outlines import keeping, missed_by
from shared.segments.documents import looking_in
from shared.segments.live_segments import LiveSegments
from shared.segments.measured import outlines_in
from shared.segments.relationships import relationships_in

DECORATION: dict[str, Any] = {"version": 0, "name": "", "description": "", "state": "draft", "refresh": None}
"""What may change without another value."""


@dataclass(frozen=True, slots=True)
class KeptMeasure:
    """The measure as kept, with the etag to change it by."""

    measure: Measure
    etag: str


@dataclass(frozen=True, slots=True)
class PutMeasure:
    """Writes the measure as it now is and, where it asks otherwise, its next version.

    One that is there is changed only by whoever has seen it. What has gone live, or asks otherwise while
    live, is worked out at once; of what has left the live ones the values are forgotten.
    """

    documents: Documents
    live: LiveSegments

    def __call__(
        self, draft: MeasureDraft, *, measure_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptMeasure:
        """Keep it, or raise `Nonsense`, `MeasureIsThere` or `MeasureChangedMeanwhile`.

        Raises `OnlyOpenedByClinicalStaff` where it had clinical values and is to have others: segments on it
        tell since when who is in them.
        """
        partition = measure_partition(measure_id)
        before = self.documents.look(partition, CURRENT, Measure)
        as_seen(before, if_match, is_there=MeasureIsThere, changed=MeasureChangedMeanwhile)
        old = before.body if before else None
        measure = drafted(
            measure_id,
            draft,
            1,
            looking_in(self.documents),
            outlines_in(self.documents),
            relationships_in(self.documents),
        )
        measure = replace(measure, version=_version(measure, old))
        self._require_harmless(measure)
        require_may_open(self.documents, measure, caller)
        write = replacing(before, measure) if before else Create(CURRENT, measure)
        changes: list[Change] = [write, keeping(self.documents, measure)]
        told = [audited(write, what="put_measure", subject=f"measure/{measure_id}", who=caller.who, now=now)]
        if old is None or old.version != measure.version:
            changes.append(Create(version_id(measure.version), measure))
        if _needs_refresh(old, measure):
            last = refresh_of(self.documents, measure_id)
            refresh = waiting(last, measure, now)
            changes.append(replacing(last, refresh) if last else Create(VALUES, refresh))
            told.append(refreshed(measure, write, "changed"))
        etags = self.documents.commit(partition, changes=changes, announcements=told)
        return KeptMeasure(measure, etags[CURRENT])

    def _require_harmless(self, measure: Measure) -> None:
        """Raise `Nonsense` naming live segments that ask about what would no longer be there."""
        missed = list(missed_by(self.live.asking(measure.id), measure))
        if missed:
            raise Nonsense(*missed)


def waiting(before: Document[Refresh] | None, measure: Measure, now: datetime) -> Refresh:
    """Say that it is to be worked out: should the announced refresh be lost, the timer finds it due."""
    if before is None:
        return Refresh(measure.id, measure.version, "queued", now, now)
    return replace(before.body, version=measure.version, status="queued", next_at=now, asked_at=now)


def refreshed(measure: Measure, of: Create | Replace, because: Literal["changed", "asked"]) -> Announcement:
    """Ask for it to be worked out; named for the write that made it necessary."""
    content = RefreshMeasure(measure.id, measure.version, because)
    return announcing(content, of=of, named=f"{measure.id}~{of.id}~{of.version}")


def _version(measure: Measure, old: Measure | None) -> int:
    if old is None:
        return 1
    return old.version + (replace(old, **DECORATION) != replace(measure, **DECORATION))


def _needs_refresh(old: Measure | None, new: Measure) -> bool:
    was_live = old is not None and old.state == "live"
    if new.state != "live" or old is None or not was_live:
        return was_live or new.state == "live"
    return old.version != new.version or old.refresh != new.refresh
