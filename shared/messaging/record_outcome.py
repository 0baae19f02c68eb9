"""Let the patient's own partition know what became of a message."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.documents import Documents, replacing
from shared.messaging.documents import message_at
from shared.messaging.model import MessageMoved

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """Keep the farthest state that was heard of; news that comes twice, or late, changes nothing."""

    documents: Documents

    def __call__(self, moved: MessageMoved, *, now: datetime) -> None:  # noqa: ARG002  # every act knows the time
        found = message_at(self.documents, moved.patient_id, moved.message_id)
        if not moved.state.is_beyond(found.body.state):
            return
        news = replace(found.body, state=moved.state, reason=moved.reason, moved_at=moved.at)
        self.documents.commit(found.partition, changes=[replacing(found, news)])
        log.info("messaging.outcome.recorded", extra={"message_id": moved.message_id, "state": moved.state})
