"""What was taken in lately, by this process: so that a look at the record does not tell it all again."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from shared.triggers.change_events import ChangeEvent

MOST = 20_000
CLOCKS_DIFFER_BY = timedelta(seconds=1)
"""An event's time and the resource's own are told by one server, to different fractions of a second."""


class TakenIn:
    """Remembers events whose consequences are on their queues. Losing all of it costs a few repeats.

    It is asked by the look at the record alone: what somebody else tells us, however often, is taken in.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[tuple[str, str, int], datetime] = OrderedDict()

    def note(self, event: ChangeEvent) -> None:
        """Remember an event that is through with."""
        if event.version is None:
            return
        with self._lock:
            self._known[(*event.reference, event.version)] = event.at
            if len(self._known) > MOST:
                self._known.popitem(last=False)

    def has(self, resource_type: str, resource_id: str, version: int, at: datetime) -> bool:
        """Say whether this very version was taken in: versions begin again after a hard delete, time not."""
        with self._lock:
            known = self._known.get((resource_type, resource_id, version))
        return known is not None and abs(known - at) < CLOCKS_DIFFER_BY
