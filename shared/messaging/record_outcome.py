"""Let the patient's own partition know what became of a message."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.documents import Change, Documents, replacing
from shared.kernel.refusals import AlreadyExists
from shared.messaging.documents import message_at
from shared.messaging.model import MessageMoved
from shared.messaging.ports import Chronicle

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """Keep the farthest state that was heard of, and each in the patient's timeline, in one commit (CH-7).

    News that comes twice changes nothing; news that comes late is in the timeline alone.
    """

    documents: Documents
    chronicle: Chronicle

    def __call__(self, moved: MessageMoved, *, now: datetime) -> None:
        found = message_at(self.documents, moved.patient_id, moved.message_id)
        noted = self.chronicle(found.body.asked, moved, now=now)
        if not moved.state.is_beyond(found.body.state):
            with suppress(AlreadyExists):  # told before
                self._commit(found.partition, noted)
            return
        news = replace(found.body, state=moved.state, reason=moved.reason, moved_at=moved.at)
        self._commit(found.partition, [replacing(found, news), *noted])
        log.info("messaging.outcome.recorded", extra={"message_id": moved.message_id, "state": moved.state})

    def _commit(self, partition: str, changes: Sequence[Change]) -> None:
        if changes:
            self.documents.commit(partition, changes=changes)
