"""Hand one allowed message to its provider: claim it, look at the person once more, send, keep the answer."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.clock import Clock
from shared.kernel.documents import Change, Document, Documents, Replace, replacing
from shared.kernel.refusals import TransientFault
from shared.messaging import model
from shared.messaging.decision import (
    AttemptOutcome,
    Decision,
    accepted,
    claimed,
    given_back,
    refused,
    uncertain,
)
from shared.messaging.documents import (
    decision_at,
    frequency_of,
    suppressing,
    suppression_of,
    telling,
    uncounting,
)
from shared.messaging.gate.decide import CHECKS_AT_THE_DOOR, ask
from shared.messaging.gate.situation import GateRules, Refuse
from shared.messaging.model import BounceCategory, Channel, MessageState, Purpose
from shared.messaging.ports import Accepted, MessageProvider, OutcomeUnknown, Outgoing, Rejected
from shared.messaging.read_situation import Gathered, ReadSituation
from shared.messaging.suppression import Suppression, after_bounce

log = logging.getLogger(__name__)

CLAIM_LASTS = timedelta(seconds=60)
SENDING_TAKES = timedelta(seconds=25)
"""At most: a provider answers within 20 seconds (CH-5). With less of the claim left, nothing is sent."""


@dataclass(frozen=True, slots=True)
class DeliverMessage:
    """Send one message, or leave it to whoever is sending it: only who wins the claim calls the provider.

    Killed at any point it leaves a claim that lapses, which the sweep finds and `SettleClaim` settles.
    """

    documents: Documents
    read_situation: ReadSituation
    providers: Mapping[Channel, MessageProvider]
    rules: GateRules
    clock: Clock
    claim_lasts: timedelta = CLAIM_LASTS
    sending_takes: timedelta = SENDING_TAKES

    def __call__(self, asked: model.DeliverMessage, *, now: datetime) -> None:
        found = decision_at(self.documents, asked.contact, asked.message_id, at_least=asked.version)
        if found.body.state is not MessageState.ALLOWED:
            log.info("messaging.delivery.repeated", extra={"message_id": asked.message_id})
            return
        claim = self._claim(found, now)
        gathered = self._look_again(claim, now)
        opinion, _ = ask(CHECKS_AT_THE_DOOR, gathered.situation, self.rules)
        after = (
            refused(claim.body, opinion.reason, now)
            if isinstance(opinion, Refuse)
            else self._sent(claim, now)
        )
        self._commit(claim, after)

    def _claim(self, found: Document[Decision], now: datetime) -> Document[Decision]:
        real = self.clock.real()
        return self._replaced(found, claimed(found.body, until=real + self.claim_lasts, real=real, now=now))

    def _look_again(self, claim: Document[Decision], now: datetime) -> Gathered:
        try:
            return self.read_situation(claim.body.order, now=now)
        except TransientFault:
            self._give_back(claim, now)
            raise

    def _sent(self, claim: Document[Decision], now: datetime) -> Decision:
        """Call the provider while the claim surely holds."""
        try:
            self._check_time(claim.body)
            answer = self.providers[claim.body.order.channel].send(outgoing(claim.body, self.rules))
        except TransientFault:
            self._give_back(claim, now)
            raise
        except OutcomeUnknown:
            return uncertain(claim.body, ask_at=claim.body.claimed_until, now=now)
        match answer:
            case Accepted(reference):
                return accepted(claim.body, reference, now)
            case Rejected(reason):
                return refused(claim.body, reason, now)

    def _check_time(self, claim: Decision) -> None:
        if claim.claimed_until is None or self.clock.real() + self.sending_takes > claim.claimed_until:
            raise TransientFault("claim too short")  # noqa: EM101, TRY003  # a word for the log, no more

    def _give_back(self, claim: Document[Decision], now: datetime) -> None:
        """Let the message be claimed again when the edge brings it back; it surely was not sent."""
        after = given_back(claim.body, AttemptOutcome.GIVEN_BACK, now)
        self._replaced(claim, after)

    def _commit(self, claim: Document[Decision], after: Decision) -> None:
        written, order = replacing(claim, after), after.order
        self.documents.commit(
            claim.partition,
            changes=[written, *self._uncounted(after), *self._held_against(after)],
            announcements=telling(written, after),
        )
        log.info(
            "messaging.delivery.ended",
            extra={"message_id": order.message_id, "state": after.state, "reason": after.reason},
        )

    def _uncounted(self, after: Decision) -> tuple[Replace, ...]:
        """Take a refused message out of the commercial ones sent: nobody got it."""
        if after.state is not MessageState.REFUSED or after.purpose is not Purpose.COMMERCIAL:
            return ()
        return uncounting(frequency_of(self.documents, after.order.contact), after.order.message_id)

    def _held_against(self, after: Decision) -> tuple[Change, ...]:
        """Let a provider's refusal count against the address as a bounce does (CO-13)."""
        if not isinstance(after.reason, BounceCategory):
            return ()
        found = suppression_of(self.documents, after.order.contact)
        former = found.body if found else Suppression(after.order.contact)
        return suppressing(found, after_bounce(former, after.reason, after.moved_at))

    def _replaced(self, found: Document[Decision], after: Decision) -> Document[Decision]:
        written = replacing(found, after)
        etags = self.documents.commit(found.partition, changes=[written])
        return Document(found.partition, found.id, written.version, etags[found.id], after)


def outgoing(decision: Decision, rules: GateRules) -> Outgoing:
    """Give what the provider is told."""
    order = decision.order
    if decision.rendered is None or decision.purpose is None:
        raise AssertionError("allowed without a text")  # noqa: EM101, TRY003  # a bug: the gate renders before it allows
    return Outgoing(
        request_id=decision.request_id,
        channel=order.channel,
        to=order.address,
        rendered=decision.rendered,
        purpose=decision.purpose,
        patient_id=order.patient_id,
        because=order.because,
        way_out=f"{rules.way_out}/{decision.request_id}" if rules.way_out else None,
    )
