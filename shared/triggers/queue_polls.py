"""Find whose changes are to be looked for."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.announcements import Announcement, Publisher
from shared.triggers.model import PollChanges
from shared.triggers.sources import ChangeSources


@dataclass(frozen=True, slots=True)
class QueuePolls:
    """Queues a look at the record for every source; does none of the work."""

    publisher: Publisher
    sources: ChangeSources

    def __call__(self, *, now: datetime) -> int:
        """Give how many were queued."""
        polls = [
            Announcement(
                PollChanges(one.name, "due", now), f"{one.name}~due~{now.isoformat()}", (one.name, 0)
            )
            for one in self.sources.sources
        ]
        if polls:
            self.publisher.publish(polls)
        return len(polls)
