"""Find out what became of a message whose claim has lapsed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.clock import Clock
from shared.kernel.documents import Documents, replacing
from shared.messaging import model
from shared.messaging.decision import AttemptOutcome, Decision, accepted, given_back, unanswered
from shared.messaging.documents import decision_at, telling
from shared.messaging.model import Channel
from shared.messaging.ports import Accepted, CannotSay, MessageProvider, NotThere

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SettleClaim:
    """Settle one lapsed claim by asking the provider: it has it, it never had it, or it cannot say (D10).

    What the provider never had is tried again. Where it cannot say, see `unanswered`.
    """

    documents: Documents
    providers: Mapping[Channel, MessageProvider]
    clock: Clock

    def __call__(self, asked: model.SettleClaim, *, now: datetime) -> None:
        found = decision_at(self.documents, asked.contact, asked.message_id)
        if not found.body.has_lapsed(self.clock.real()):
            return
        after = self._settled(found.body, now)
        written = replacing(found, after)
        self.documents.commit(found.partition, changes=[written], announcements=telling(written, after))
        log.info("messaging.claim.settled", extra={"message_id": asked.message_id, "state": after.state})

    def _settled(self, decision: Decision, now: datetime) -> Decision:
        provider = self.providers[decision.order.channel]
        match provider.look_up(decision.request_id):
            case Accepted(reference):
                return accepted(decision, reference, now)
            case NotThere():
                return given_back(decision, AttemptOutcome.NOT_ARRIVED, now)
            case CannotSay():
                return unanswered(decision, honours_keys=provider.honours_keys, now=now)
