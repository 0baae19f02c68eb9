"""Let the patient's own partition know that a message was opened, or a link in it clicked (CH-7)."""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.documents import Documents, replacing
from shared.kernel.refusals import AlreadyExists
from shared.messaging.documents import message_at
from shared.messaging.model import MessageUsed
from shared.messaging.ports import Chronicle

log = logging.getLogger(__name__)

MOST_KEPT = 50
"""Of one message: a scanner opens all that it sees, and follows every link."""


@dataclass(frozen=True, slots=True)
class RecordUse:
    """Puts each event into the patient's timeline once, as many as are kept of one message."""

    documents: Documents
    chronicle: Chronicle

    def __call__(self, used: MessageUsed, *, now: datetime) -> None:
        found = message_at(self.documents, used.patient_id, used.message_id)
        is_kept = found.body.used < MOST_KEPT
        if is_kept:
            counted = replacing(found, replace(found.body, used=found.body.used + 1))
            noted = self.chronicle.of_use(found.body.asked, used, now=now)
            with suppress(AlreadyExists):  # told before
                self.documents.commit(found.partition, changes=[counted, *noted])
        log.info(
            "messaging.use.recorded",
            extra={"message_id": used.message_id, "interaction": used.interaction, "is_kept": is_kept},
        )
