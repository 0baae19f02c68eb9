"""What went out to a patient, latest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.messaging.model import Message, MessageState
from shared.patients.documents import patient_partition
from shared.patients.home import InboxMessage

MOST_LOOKED_AT = 500
WENT_OUT = frozenset({MessageState.ACCEPTED, MessageState.DELIVERED})


@dataclass(frozen=True, slots=True)
class ReadInbox:
    """Gives the messages to them that a provider has taken; of very many, not all are looked at."""

    documents: Documents

    def __call__(self, patient_id: PatientId) -> tuple[InboxMessage, ...]:
        went_out = [
            message for message in islice(self._all(patient_id), MOST_LOOKED_AT) if _went_out(message)
        ]
        in_order = sorted(went_out, key=lambda one: one.moved_at, reverse=True)
        return tuple(
            InboxMessage(one.asked.message_id, one.asked.channel, one.asked.because, one.moved_at)
            for one in in_order
        )

    def _all(self, patient_id: PatientId) -> Iterator[Message]:
        after: str | None = None
        while True:
            page = self.documents.list(patient_partition(patient_id), "message", Message, after=after)
            yield from (found.body for found in page.items)
            after = page.next
            if after is None:
                return


def _went_out(message: Message) -> bool:
    return message.state in WENT_OUT and message.asked.related_person_id is None
