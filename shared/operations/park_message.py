"""Set a message aside."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.kernel.refusals import AlreadyExists
from shared.operations.documents import parked_id, parking, partition_of
from shared.operations.model import ParkedMessage, UnhandledMessage


@dataclass(frozen=True, slots=True)
class ParkMessage:
    """Keep a message for an operator, with its reason; parked again after a crash, it is kept once."""

    documents: Documents

    def __call__(self, message: UnhandledMessage, *, now: datetime) -> str:
        parked = parked_id(message, at=now)
        with suppress(AlreadyExists):  # the same message, parked just before its completion failed
            self.documents.commit(
                partition_of(parked), changes=[parking(parked, ParkedMessage(message, now))]
            )
        return parked
