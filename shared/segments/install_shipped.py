"""Take over a segment that comes with the product."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.refusals import AlreadyExists
from shared.segments.documents import looking_in, segment_at
from shared.segments.model import NoSuchSegment
from shared.segments.nesting import built_on
from shared.segments.ports import ShippedSegments
from shared.segments.put_segment import KeptSegment, PutSegment
from shared.segments.rules import SegmentDraft


@dataclass(frozen=True, slots=True)
class InstallShipped:
    """Keeps it as one's own, and before it those that it builds on; one that is there stays as it is.

    Each is a commit of its own: stopped on the way, the next attempt installs the rest.
    """

    documents: Documents
    shipped: ShippedSegments
    put: PutSegment

    def __call__(self, *, segment_id: str, caller: Caller, now: datetime) -> KeptSegment:
        """Give the segment as it is then, or raise `NoSuchSegment` for one that does not come along."""
        drafts = self.shipped.drafts()
        if segment_id not in drafts:
            raise NoSuchSegment
        self._install(segment_id, drafts, caller, now)
        found = segment_at(self.documents, segment_id)
        return KeptSegment(found.body, found.etag)

    def _install(
        self, segment_id: str, drafts: Mapping[str, SegmentDraft], caller: Caller, now: datetime
    ) -> None:
        if segment_id not in drafts or looking_in(self.documents)(segment_id) is not None:
            return
        for below in built_on(drafts[segment_id].rule):
            self._install(below, drafts, caller, now)
        with suppress(AlreadyExists):  # somebody else has just installed it
            self.put(drafts[segment_id], segment_id=segment_id, caller=caller, now=now, if_match=None)
