"""Set a message aside."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from shared.kernel.documents import Documents
from shared.kernel.refusals import AlreadyExists
from shared.operations.documents import parked_id, parking, partition_of
from shared.operations.model import ParkedMessage, State, UnhandledMessage


@dataclass(frozen=True, slots=True)
class ParkMessage:
    """Keep a message for an operator, with its reason; parked again after a crash, it is kept once.

    One that comes back after somebody has decided about it is kept anew: the old decision was not about it.
    """

    documents: Documents

    def __call__(self, message: UnhandledMessage, *, now: datetime) -> str:
        names = (parked_id(message, at=now, again=again) for again in count())
        return next(name for name in names if self._is_parked_as(name, message, now))

    def _is_parked_as(self, name: str, message: UnhandledMessage, now: datetime) -> bool:
        """Park it under this name, unless it has been decided about; say whether it is parked so."""
        try:
            self.documents.commit(partition_of(name), changes=[parking(name, ParkedMessage(message, now))])
        except AlreadyExists:
            there = self.documents.look(partition_of(name), f"parked~{name}", ParkedMessage)
            return there is not None and there.body.state is State.PARKED
        return True
