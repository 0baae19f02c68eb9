"""Find out what became of a message whose claim has lapsed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.clock import Clock
from shared.kernel.documents import Documents
from shared.kernel.refusals import TransientFault
from shared.messaging import model
from shared.messaging.decision import Decision, accepted, asked_in_vain, not_arrived, unanswered
from shared.messaging.documents import decision_at
from shared.messaging.keep_decision import keep_decision
from shared.messaging.model import Channel
from shared.messaging.ports import Accepted, CannotSay, MessageProvider, NotThere

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SettleClaim:
    """Settle one lapsed claim by asking the provider: it has it, it never had it, or it cannot say (D10).

    What the provider never had is tried again, though not for ever. Where it cannot say, see `unanswered`.
    Where it does not answer, the claim waits and the sweep alone brings it back: the message that asked is
    done with, so that an outage does not fill the queue.
    """

    documents: Documents
    providers: Mapping[Channel, MessageProvider]
    clock: Clock
    clocks_apart: timedelta = timedelta()

    def __call__(self, asked: model.SettleClaim, *, now: datetime) -> None:
        found = decision_at(self.documents, asked.contact, asked.message_id)
        if not found.body.has_lapsed(self.clock.real() - self.clocks_apart):
            return
        after = self._settled(found.body, now)
        keep_decision(self.documents, found, after)
        log.info(
            "messaging.claim.settled",
            extra={"message_id": asked.message_id, "state": after.state, "look_ups": after.look_ups},
        )

    def _settled(self, decision: Decision, now: datetime) -> Decision:
        provider = self.providers[decision.order.channel]
        try:
            answer = provider.look_up(decision.request_id)
        except TransientFault:
            return asked_in_vain(decision, real=self.clock.real(), now=now)
        match answer:
            case Accepted(reference):
                return accepted(decision, reference, now)
            case NotThere():
                return not_arrived(decision, now)
            case CannotSay():
                return unanswered(decision, honours_keys=provider.honours_keys, now=now)
