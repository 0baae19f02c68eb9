"""Have a measure worked out now."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, replacing, unchanged
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.measures.documents import VALUES, Refresh, measure_at, measure_partition, refresh_of
from shared.measures.model import MeasureIsNotLive
from shared.measures.put_measure import refreshed, waiting
from shared.measures.read_measure import standing


@dataclass(frozen=True, slots=True)
class AskForValues:
    """Queues a live measure to be worked out; what is queued already is not queued twice."""

    documents: Documents

    def __call__(self, *, measure_id: str, caller: Caller, now: datetime) -> Refresh:
        """Give how it stands, or raise `NoSuchMeasure` or `MeasureIsNotLive`."""
        found = measure_at(self.documents, measure_id)
        if found.body.state != "live":
            raise MeasureIsNotLive
        before = refresh_of(self.documents, measure_id)
        if before is not None and before.body.status == "queued":
            return standing(self.documents, found.body, before.body, caller)
        refresh = waiting(before, found.body, now)
        write = replacing(before, refresh) if before else Create(VALUES, refresh)
        told = [
            refreshed(found.body, write, "asked"),
            audited(
                write,
                what="ask_for_values",
                subject=f"measure/{measure_id}",
                who=caller.who,
                now=now,
                entry_id=f"measure~{measure_id}~values~{write.version}",
            ),
        ]
        try:
            self.documents.commit(
                measure_partition(measure_id),
                changes=[write],
                unchanged=[unchanged(found)],
                announcements=told,
            )
        except AlreadyExists:
            raise LostRace from None
        return standing(self.documents, found.body, refresh, caller)
