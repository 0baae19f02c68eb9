"""The one gate before every send, on every channel (D10): pure, and every verdict is kept for *why*."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.messaging.gate import (
    alive,
    consent,
    expiry,
    frequency,
    outreach,
    quiet_time,
    rendering,
    suppression,
)
from shared.messaging.gate.situation import GateRules, Hold, Opinion, Pass, Refuse, Situation
from shared.messaging.model import Rendered, Verdict

Check = Callable[[Situation, GateRules], Opinion]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("alive", alive.check),
    ("consent", consent.check),
    ("suppression", suppression.check),
    ("outreach", outreach.check),
    ("quiet_time", quiet_time.check),
    ("frequency", frequency.check),
    ("expiry", expiry.check),
)
"""In the order in which they are asked; rendering comes last, since it makes what is sent."""

_AT_THE_DOOR = {"alive", "outreach", "consent", "suppression", "quiet_time", "expiry"}
CHECKS_AT_THE_DOOR = tuple((name, check) for name, check in CHECKS if name in _AT_THE_DOOR)
"""What is asked once more by whoever has claimed the message, just before the provider gets it."""


@dataclass(frozen=True, slots=True)
class Allow:
    """It may go, and this is what it says."""

    rendered: Rendered


@dataclass(frozen=True, slots=True)
class GateDecision:
    """What the gate said, and what each check said on the way there."""

    outcome: Allow | Hold | Refuse
    trail: tuple[Verdict, ...]


def decide(situation: Situation, rules: GateRules) -> GateDecision:
    """Ask each check in turn; the first that objects decides."""
    outcome, trail = ask(CHECKS, situation, rules)
    if not isinstance(outcome, Pass):
        return GateDecision(outcome, trail)
    written = rendering.render(situation)
    final = written if isinstance(written, Refuse) else Allow(written)
    return GateDecision(final, (*trail, _verdict("rendering", final, situation)))


def ask(
    checks: tuple[tuple[str, Check], ...], situation: Situation, rules: GateRules
) -> tuple[Opinion, tuple[Verdict, ...]]:
    """Ask these checks in turn until one objects."""
    trail: list[Verdict] = []
    for name, check in checks:
        opinion = check(situation, rules)
        trail.append(_verdict(name, opinion, situation))
        if not isinstance(opinion, Pass):
            return opinion, tuple(trail)
    return Pass(), tuple(trail)


def _verdict(check: str, opinion: Opinion | Allow, situation: Situation) -> Verdict:
    match opinion:
        case Hold(reason, until):
            return Verdict(check, passed=False, at=situation.now, reason=reason, until=until)
        case Refuse(reason):
            return Verdict(check, passed=False, at=situation.now, reason=reason)
        case Pass() | Allow():
            return Verdict(check, passed=True, at=situation.now)
