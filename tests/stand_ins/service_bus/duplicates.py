"""Duplicate detection, for queues that ask for it: a message id counts once within a time."""

from dataclasses import dataclass, field
from itertools import islice


@dataclass(slots=True)
class Duplicates:
    """Remembers the ids that came in; `window` is in seconds, None where the queue does not ask."""

    window: float | None
    _until: dict[str, float] = field(default_factory=dict[str, float])

    def has_seen(self, message_id: str | None, now: float) -> bool:
        """Say whether the id came within the window, and remember it from now on if it did not."""
        if self.window is None or message_id is None:
            return False
        for known, until in list(islice(self._until.items(), 8)):  # a few at a time keeps it small
            if until <= now:
                del self._until[known]
        if self._until.get(message_id, now) > now:
            return True
        self._until.pop(message_id, None)
        self._until[message_id] = now + self.window
        return False

    def forget(self) -> None:
        """Begin anew."""
        self._until.clear()
