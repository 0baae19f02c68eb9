"""What was decided about one message to one contact point, and the claim under which it is sent (D10).

    held → allowed → claimed → accepted | uncertain | refused → delivered | bounced

One that is claimed when it is withdrawn is not sent again, should that attempt come to nothing.

Each function gives the decision that follows; who commits it first, guarded by the etag, has made it true.
Claims are measured in machine time.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
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
"""After which a message that may have gone out, or whose sender died, is no longer tried but listed."""
EARLY_BY = timedelta(seconds=30)
"""How far two machines' clocks may differ: a held message that comes so much too early is not too early."""
FIRST_ASKED_AGAIN, LAST_ASKED_AGAIN = timedelta(minutes=1), timedelta(minutes=15)
"""How long a provider that does not answer questions is left alone: doubling from the one to the other."""


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
    `look_ups` counts how often its provider was asked in vain since. `accepted_at` is when its provider took
    it, whatever has become of it since. `is_tracked`: its reader had agreed, when it was let through, that it
    is noted whether they open it and what they click (CO-9).
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
    withdrawn: bool = False
    look_ups: int = 0
    accepted_at: datetime | None = None
    is_tracked: bool = False

    @property
    def request_id(self) -> str:
        """What the provider calls it, from which its partition is found again."""
        return f"{self.order.contact}~{self.order.message_id}"

    def has_lapsed(self, real: datetime) -> bool:
        """Say whether nobody can be at work on it any more though its outcome is open."""
        is_open = self.state in {MessageState.CLAIMED, MessageState.UNCERTAIN}
        return is_open and self.claimed_until is not None and self.claimed_until <= real

    def as_of(self, now: datetime) -> datetime:
        """Give the time to judge by: that of its release, if that is as good as come."""
        released = max((verdict.until for verdict in self.trail if verdict.until), default=now)
        return released if now < released <= now + EARLY_BY else now

    def is_at_attempt(self, number: int) -> bool:
        """Say whether that attempt is still its last, and what came of it not yet known for good."""
        is_open = self.state in {MessageState.ALLOWED, MessageState.CLAIMED, MessageState.UNCERTAIN}
        return is_open and len(self.attempts) == number

    @property
    def may_be_tried_again(self) -> bool:
        tried = [attempt for attempt in self.attempts if attempt.outcome is not AttemptOutcome.GIVEN_BACK]
        return len(tried) < MOST_ATTEMPTS


def claimed(decision: Decision, *, until: datetime, real: datetime, now: datetime) -> Decision:
    """Let one sender, and no other, hand it over until then."""
    attempt = Attempt(len(decision.attempts) + 1, began_at=real)
    return replace(
        decision,
        state=MessageState.CLAIMED,
        claimed_until=until,
        attempts=(*decision.attempts, attempt),
        look_ups=0,
        moved_at=now,
    )


def given_back(decision: Decision, outcome: AttemptOutcome, now: datetime) -> Decision:
    """Let it be sent again: the provider surely does not have it, or knows it by its key."""
    ended = replace(_ended(decision, outcome), claimed_until=None)
    if decision.withdrawn:
        return _stopped(ended, now)
    return replace(ended, state=MessageState.ALLOWED, reason=None, moved_at=now)


def held(decision: Decision, reason: Reason, until: datetime, now: datetime) -> Decision:
    """Have it come to the gate again then, though it had been let through."""
    back = given_back(decision, AttemptOutcome.GIVEN_BACK, now)
    if back.state is not MessageState.ALLOWED:
        return back
    order = replace(back.order, round=back.order.round + 1)
    return replace(back, order=order, state=MessageState.HELD, reason=reason, release_at=until, rendered=None)


def withdrawn(decision: Decision, now: datetime) -> Decision:
    """Let nobody begin to send it any more; one that may be on its way stays what it is."""
    marked = replace(decision, withdrawn=True)
    match decision.state:
        case MessageState.REQUESTED | MessageState.HELD | MessageState.ALLOWED:
            return _stopped(marked, now)
        case MessageState.CLAIMED | MessageState.UNCERTAIN:
            return marked
        case _:
            return decision


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
        accepted_at=decision.accepted_at or now,
    )


def refused(decision: Decision, reason: Cause, now: datetime) -> Decision:
    """Note that it will not be sent."""
    ended = _ended(decision, AttemptOutcome.REJECTED)
    return replace(ended, state=MessageState.REFUSED, reason=reason, claimed_until=None, moved_at=now)


def uncertain(decision: Decision, *, ask_at: datetime | None, now: datetime) -> Decision:
    """Note that nobody can say whether the provider has it; without `ask_at` nobody will ask again."""
    is_news = decision.state is not MessageState.UNCERTAIN
    return replace(
        _ended(decision, AttemptOutcome.UNKNOWN),
        state=MessageState.UNCERTAIN,
        reason=Reason.OUTCOME_UNKNOWN,
        claimed_until=ask_at,
        moved_at=now if is_news else decision.moved_at,
    )


def asked_in_vain(decision: Decision, *, real: datetime, now: datetime) -> Decision:
    """Have its provider asked again later, and ever later, since it does not answer."""
    wait = min(FIRST_ASKED_AGAIN * 2 ** min(decision.look_ups, 20), LAST_ASKED_AGAIN)
    waiting = uncertain(decision, ask_at=real + wait, now=now)
    return replace(waiting, look_ups=decision.look_ups + 1)


def not_arrived(decision: Decision, now: datetime) -> Decision:
    """Go on where the provider never had it: its sender died. After too many, a person has to look."""
    if decision.withdrawn or decision.may_be_tried_again:
        return given_back(decision, AttemptOutcome.NOT_ARRIVED, now)
    given_up = uncertain(_ended(decision, AttemptOutcome.NOT_ARRIVED), ask_at=None, now=now)
    return replace(given_up, reason=Reason.TRIED_TOO_OFTEN)


def reported(decision: Decision, bounced: BounceCategory | None, now: datetime) -> Decision:
    """Note what the provider reports; news that is worth less than what stands changes nothing.

    Nor does news of what nobody has ever begun to send: who signs it is wrong about the message.
    """
    state = MessageState.BOUNCED if bounced else MessageState.DELIVERED
    if not decision.attempts or not state.is_beyond(decision.state):
        return decision
    ended = _ended(decision, AttemptOutcome.ACCEPTED)
    return replace(ended, state=state, reason=bounced, claimed_until=None, release_at=None, moved_at=now)


def unanswered(decision: Decision, *, honours_keys: bool, now: datetime) -> Decision:
    """Go on where the provider could not say whether it has the message.

    A provider that honours keys may be told again. One that does not would send twice: a transactional
    message is worth that, a commercial one is not, and stays uncertain for a person to see.
    """
    may_repeat = honours_keys or decision.purpose is Purpose.TRANSACTIONAL
    if may_repeat and decision.may_be_tried_again:
        return given_back(decision, AttemptOutcome.UNKNOWN, now)
    return uncertain(decision, ask_at=None, now=now)


def _stopped(decision: Decision, now: datetime) -> Decision:
    """End what was withdrawn: refused, or uncertain where the provider may have it."""
    if decision.attempts and decision.attempts[-1].outcome is AttemptOutcome.UNKNOWN:
        return replace(uncertain(decision, ask_at=None, now=now), release_at=None)
    return replace(
        decision, state=MessageState.REFUSED, reason=Reason.WITHDRAWN, release_at=None, moved_at=now
    )


_OPEN = {AttemptOutcome.UNDER_WAY, AttemptOutcome.UNKNOWN}


def _ended(decision: Decision, outcome: AttemptOutcome) -> Decision:
    """Say how the last attempt ended; only that it was accepted after all overrules what was known before."""
    if not decision.attempts:
        return decision
    if decision.attempts[-1].outcome not in _OPEN and outcome is not AttemptOutcome.ACCEPTED:
        return decision
    last = replace(decision.attempts[-1], outcome=outcome)
    return replace(decision, attempts=(*decision.attempts[:-1], last))
