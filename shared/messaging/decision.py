"""What was decided about one message to one contact point, and the claim under which it is sent (D10).

    held → allowed → claimed → accepted | uncertain | refused → delivered | bounced

Each function gives the decision that follows; who commits it first, guarded by the etag, has made it true.
Claims are measured in machine time.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from shared.kernel.sensitive import Sensitive
from shared.messaging.model import (
    BounceCategory,
    Cause,
    DecideSending,
    MessageState,
    Reason,
    Rendered,
    Verdict,
)
from shared.messaging.template import Purpose

MOST_ATTEMPTS = 5
"""After which a message whose outcome cannot be found out is no longer tried but listed."""


class AttemptOutcome(StrEnum):
    """How one attempt at handing a message over ended."""

    UNDER_WAY = "under_way"
    GIVEN_BACK = "given_back"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_ARRIVED = "not_arrived"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One claim, from its beginning."""

    number: int
    began_at: datetime
    outcome: AttemptOutcome = AttemptOutcome.UNDER_WAY


@dataclass(frozen=True, slots=True)
class Decision:
    """Where one message stands at its contact point.

    `claimed_until` is when its claim lapses or, of an uncertain one, when it is next asked about; an
    uncertain one without it is left to a person. `release_at` is when a held one comes to the gate again.
    """

    order: DecideSending
    state: MessageState
    reason: Cause | None
    moved_at: datetime
    trail: tuple[Verdict, ...]
    purpose: Purpose | None = None
    template_version: int | None = None
    rendered: Sensitive[Rendered] | None = None
    release_at: datetime | None = None
    claimed_until: datetime | None = None
    attempts: tuple[Attempt, ...] = field(default_factory=tuple)
    provider_reference: str | None = None

    @property
    def request_id(self) -> str:
        """What the provider calls it, from which its partition is found again."""
        return f"{self.order.contact}~{self.order.message_id}"

    def has_lapsed(self, real: datetime) -> bool:
        """Say whether nobody can be at work on it any more though its outcome is open."""
        is_open = self.state in {MessageState.CLAIMED, MessageState.UNCERTAIN}
        return is_open and self.claimed_until is not None and self.claimed_until <= real


def claimed(decision: Decision, *, until: datetime, real: datetime, now: datetime) -> Decision:
    """Let one sender, and no other, hand it over until then."""
    attempt = Attempt(len(decision.attempts) + 1, began_at=real)
    return replace(
        decision,
        state=MessageState.CLAIMED,
        claimed_until=until,
        attempts=(*decision.attempts, attempt),
        moved_at=now,
    )


def given_back(decision: Decision, outcome: AttemptOutcome, now: datetime) -> Decision:
    """Let it be sent again: the provider surely does not have it, or knows it by its key."""
    return replace(
        _ended(decision, outcome), state=MessageState.ALLOWED, claimed_until=None, reason=None, moved_at=now
    )


def accepted(decision: Decision, reference: str, now: datetime) -> Decision:
    """Note that the provider has it."""
    ended = _ended(decision, AttemptOutcome.ACCEPTED)
    return replace(
        ended,
        state=MessageState.ACCEPTED,
        reason=None,
        claimed_until=None,
        provider_reference=reference,
        moved_at=now,
    )


def refused(decision: Decision, reason: Cause, now: datetime) -> Decision:
    """Note that it will not be sent."""
    ended = _ended(decision, AttemptOutcome.REJECTED)
    return replace(ended, state=MessageState.REFUSED, reason=reason, claimed_until=None, moved_at=now)


def uncertain(decision: Decision, *, ask_at: datetime | None, now: datetime) -> Decision:
    """Note that nobody can say whether the provider has it; without `ask_at` nobody will ask again."""
    return replace(
        _ended(decision, AttemptOutcome.UNKNOWN),
        state=MessageState.UNCERTAIN,
        reason=Reason.OUTCOME_UNKNOWN,
        claimed_until=ask_at,
        moved_at=now,
    )


def reported(decision: Decision, bounced: BounceCategory | None, now: datetime) -> Decision:
    """Note what the provider reports; news that is worth less than what stands changes nothing."""
    state = MessageState.BOUNCED if bounced else MessageState.DELIVERED
    if not state.is_beyond(decision.state):
        return decision
    ended = _ended(decision, AttemptOutcome.ACCEPTED)
    return replace(ended, state=state, reason=bounced, claimed_until=None, release_at=None, moved_at=now)


def unanswered(decision: Decision, *, honours_keys: bool, now: datetime) -> Decision:
    """Go on where the provider could not say whether it has the message.

    A provider that honours keys may be told again. One that does not would send twice: a transactional
    message is worth that, a commercial one is not, and stays uncertain for a person to see.
    """
    may_repeat = honours_keys or decision.purpose is Purpose.TRANSACTIONAL
    if may_repeat and len(decision.attempts) < MOST_ATTEMPTS:
        return given_back(decision, AttemptOutcome.UNKNOWN, now)
    return uncertain(decision, ask_at=None, now=now)


def _ended(decision: Decision, outcome: AttemptOutcome) -> Decision:
    if not decision.attempts or decision.attempts[-1].outcome not in {
        AttemptOutcome.UNDER_WAY,
        AttemptOutcome.UNKNOWN,
    }:
        return decision
    last = replace(decision.attempts[-1], outcome=outcome)
    return replace(decision, attempts=(*decision.attempts[:-1], last))
