"""Hand one allowed message to its provider: claim it, look at the person once more, send, keep the answer."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.kernel.clock import Clock
from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import LostRace, TransientFault
from shared.kernel.sensitive import Sensitive
from shared.messaging import model
from shared.messaging.decision import (
    AttemptOutcome,
    Decision,
    accepted,
    claimed,
    given_back,
    held,
    refused,
    uncertain,
)
from shared.messaging.documents import decision_at
from shared.messaging.gate.decide import CHECKS_AT_THE_DOOR, ask
from shared.messaging.gate.situation import GateRules, Hold, Pass, Refuse
from shared.messaging.keep_decision import keep_decision
from shared.messaging.model import Channel, MessageState
from shared.messaging.ports import Accepted, MessageProvider, OutcomeUnknown, Outgoing, Rejected, Withheld
from shared.messaging.read_situation import ReadSituation

log = logging.getLogger(__name__)

CLAIM_LASTS = timedelta(seconds=60)
SENDING_TAKES = timedelta(seconds=25)
"""At most: a provider answers within 20 seconds (CH-5). With less of the claim left, nothing is sent."""
MOST_RACES = 5
"""How often the outcome is written again because others write at the same contact point."""

Outcome = Callable[[Decision], Decision]
"""What came of an attempt, for a decision that may have moved since it was claimed."""


class SomebodyIsSending(TransientFault):
    """The message is claimed; what comes of it is not known yet."""


@dataclass(frozen=True, slots=True)
class DeliverMessage:
    """Send one message, once: only who wins the claim calls the provider.

    Told again while somebody is sending it, it raises `SomebodyIsSending`, to come again: whoever sends may
    yet give it back, and then nothing else speaks of it. What goes wrong before the provider is called gives
    the claim back, so that the message is tried again or dead-lettered. Killed at any point it leaves a claim
    that lapses, which the sweep finds and `SettleClaim` settles.
    """

    documents: Documents
    read_situation: ReadSituation
    providers: Mapping[Channel, MessageProvider]
    rules: GateRules
    clock: Clock
    withheld: Withheld
    claim_lasts: timedelta = CLAIM_LASTS
    sending_takes: timedelta = SENDING_TAKES

    def __call__(self, asked: model.DeliverMessage, *, now: datetime) -> None:
        found = decision_at(self.documents, asked.contact, asked.message_id, at_least=asked.version)
        if found.body.state is MessageState.CLAIMED:
            raise SomebodyIsSending
        if found.body.state is not MessageState.ALLOWED:
            log.info("messaging.delivery.repeated", extra={"message_id": asked.message_id})
            return
        provider = self.providers[found.body.order.channel]
        claim = self._claim(found, now)
        ready = self._ready(claim, now)
        outcome = self._sent(claim, ready, provider, now) if isinstance(ready, Outgoing) else ready
        self._conclude(claim, outcome)

    def _claim(self, found: Document[Decision], now: datetime) -> Document[Decision]:
        real = self.clock.real()
        claim = claimed(found.body, until=real + self.claim_lasts, real=real, now=now)
        return keep_decision(self.documents, found, claim)

    def _ready(self, claim: Document[Decision], now: datetime) -> Outgoing | Outcome:
        """Look at the person once more, by the template it was written from, while the claim surely holds."""
        try:
            ready = self._asked_at_the_door(claim.body, now) or self._spelt(claim.body, now)
            if isinstance(ready, Outgoing):
                self._check_time(claim.body)
        except Exception:  # a bug too: with the claim kept, a redelivery would take it for somebody at work
            self._give_back(claim, now)
            raise
        return ready

    def _spelt(self, claim: Decision, now: datetime) -> Outgoing | Outcome:
        """Put what is withheld in its place; what is of no use any more is not sent."""
        letter, seed = outgoing(claim), claim.order.withheld
        if seed is None:
            return letter
        word = self.withheld(seed, patient_id=claim.order.patient_id, now=now)
        if word is None:
            return lambda decision: refused(decision, model.Reason.WITHDRAWN, now)
        return replace(letter, rendered=Sensitive(letter.rendered.value.telling(word.value)))

    def _asked_at_the_door(self, claim: Decision, now: datetime) -> Outcome | None:
        gathered = self.read_situation(
            claim.order, now=claim.as_of(now), template_version=claim.template_version
        )
        opinion, trail = ask(CHECKS_AT_THE_DOOR, gathered.situation, self.rules)
        match opinion:
            case Pass():
                return None
            case Hold(reason, until):
                return lambda decision: held(_because(decision, trail), reason, until, now)
            case Refuse(reason):
                return lambda decision: refused(_because(decision, trail), reason, now)

    def _sent(
        self, claim: Document[Decision], letter: Outgoing, provider: MessageProvider, now: datetime
    ) -> Outcome:
        try:
            answer = provider.send(letter)
        except TransientFault:
            self._give_back(claim, now)
            raise
        except OutcomeUnknown:
            return lambda decision: uncertain(decision, ask_at=decision.claimed_until, now=now)
        match answer:
            case Accepted(reference):
                return lambda decision: accepted(decision, reference, now)
            case Rejected(reason):
                return lambda decision: refused(decision, reason, now)

    def _check_time(self, claim: Decision) -> None:
        if claim.claimed_until is None or self.clock.real() + self.sending_takes > claim.claimed_until:
            raise TransientFault("claim too short")  # noqa: EM101, TRY003  # a word for the log, no more

    def _give_back(self, claim: Document[Decision], now: datetime) -> None:
        """Let the message be claimed again when the edge brings it back; it surely was not sent."""
        self._conclude(
            claim,
            lambda decision: given_back(decision, AttemptOutcome.GIVEN_BACK, now),
            comes_again=True,
        )

    def _conclude(self, claim: Document[Decision], outcome: Outcome, *, comes_again: bool = False) -> None:
        """Keep what came of the attempt, also where something else has moved at the contact point meanwhile.

        This is not run again from its reads: a provider's answer comes once.
        """
        found = claim
        for _ in range(MOST_RACES):
            try:
                after = outcome(found.body)
                self._log(keep_decision(self.documents, found, after, comes_again=comes_again).body)
            except LostRace:
                found = decision_at(self.documents, claim.body.order.contact, claim.body.order.message_id)
                if not found.body.is_at_attempt(len(claim.body.attempts)):
                    return
            else:
                return
        raise LostRace

    def _log(self, after: Decision) -> None:
        log.info(
            "messaging.delivery.ended",
            extra={"message_id": after.order.message_id, "state": after.state, "reason": after.reason},
        )


def _because(decision: Decision, trail: tuple[model.Verdict, ...]) -> Decision:
    """Keep which check objected, for *why*."""
    return replace(decision, trail=(*decision.trail, trail[-1]))


def outgoing(decision: Decision) -> Outgoing:
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
        way_out=decision.rendered.value.way_out,
    )
