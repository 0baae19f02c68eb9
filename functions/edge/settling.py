"""What becomes of a message that could not be handled? Completed, deferred, parked or given back (D6)."""

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import azure.functions as func

from functions.edge.acts import asked_of
from functions.edge.awaited import Awaited
from functions.edge.bodies import properties_of
from functions.edge.faults import place_of, stripped
from shared.kernel import tracing
from shared.kernel.identity import derived
from shared.kernel.queues import MOST_DELIVERIES, OutgoingMessage
from shared.kernel.refusals import (
    AlreadyExists,
    Gone,
    Nonsense,
    NotYetVisible,
    Refusal,
    Stale,
    TransientFault,
)
from shared.kernel.sensitive import Sensitive
from shared.wiring.composition import Application
from shared.wiring.queues import BY_TYPE

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=15)
MOST_ATTEMPTS = 105
"""About 24 hours: ten waits that double from a second, then one every quarter of an hour."""
VISIBLE_WITHIN = timedelta(minutes=10)
NOT_VISIBLE_SINCE = "not_visible_since"

_awaited = Awaited()


@dataclass(frozen=True, slots=True)
class Handled:
    """A message, and the queue it came from."""

    message: func.ServiceBusMessage
    queue: str | None
    session: bool

    @property
    def properties(self) -> dict[str, str]:
        return {name: str(value) for name, value in properties_of(self.message).items()}

    @property
    def attempt(self) -> int:
        return int(self.properties.get("attempt", "1"))

    @property
    def queue_name(self) -> str:
        return self.queue or BY_TYPE[self.properties["type"]][0].name

    @property
    def told(self) -> dict[str, Any]:
        """Give what a log line may hold: our own ids and counts."""
        return {"queue": self.queue_name, "message_id": self.message.message_id, "attempt": self.attempt}


def settle(handled: Handled, error: Exception, app: Application, *, bugs_wait_too: bool = False) -> None:
    """Do with the message what `error` asks for; returning completes it, raising gives it back.

    Among many, giving one back would give back all: there a bug waits as a fault does, and is then parked.
    """
    match error:
        case Nonsense():
            park(handled, error, app)
        case Refusal() if error.needs_a_person:
            park(handled, error, app)
        case Refusal():
            _let_go(handled, error)
        case TransientFault():
            _wait(handled, error, app)
        case _ if bugs_wait_too:
            log.error("edge.message.failed", extra=handled.told | _bug(error))
            tracing.fail(type(error).__name__)
            _defer(handled, error, app, most=MOST_DELIVERIES)
        case _:
            log.error("edge.message.failed", extra=handled.told | _bug(error))
            tracing.note(outcome="failed", attempt=handled.attempt)
            _raised(stripped(error))


def park(handled: Handled, error: Exception, app: Application) -> None:
    """Set the message aside for an operator, with its reason; the original is then completed."""
    log.warning("edge.message.parked", extra=handled.told | {"reason": type(error).__name__})
    tracing.note(outcome="parked", reason=type(error).__name__, attempt=handled.attempt)
    message, act = handled.message, app.park_message
    request = asked_of(type(act))(
        queue=handled.queue_name,
        message_id=message.message_id,
        session=message.session_id,
        body=Sensitive(base64.b64encode(message.get_body()).decode()),
        properties=handled.properties,
        reason=type(error).__name__,
        problems=error.fields if isinstance(error, Nonsense) else (),
        deliveries=message.delivery_count or 1,
    )
    act(request, now=app.clock.now())


def no_longer_awaited(handled: Handled, error: Exception | None) -> None:
    """Let what becomes invisible later have ten minutes of its own."""
    if not isinstance(error, NotYetVisible):
        _awaited.no_longer(_name_of(handled))


def _let_go(handled: Handled, refusal: Refusal) -> None:
    """Complete what is done already, gone, or refused: repeating it would teach nobody anything."""
    match refusal:
        case AlreadyExists():
            name = "edge.message.repeated"
        case Gone():
            name = "edge.message.gone"
        case Stale():
            name = "edge.message.stale"
        case _:
            name = "edge.message.refused"
    log.info(name, extra=handled.told | {"reason": type(refusal).__name__})
    tracing.note(outcome=name.rpartition(".")[2], reason=type(refusal).__name__, attempt=handled.attempt)


def _wait(handled: Handled, fault: TransientFault, app: Application) -> None:
    if isinstance(fault, NotYetVisible) and _never_came(handled, app.clock.real()):
        park(handled, fault, app)
    elif handled.session:
        log.info("edge.message.given_back", extra=handled.told | {"reason": type(fault).__name__})
        tracing.note(outcome="given_back", reason=type(fault).__name__)
        _raised(TransientFault(type(fault).__name__))
    else:
        _defer(handled, fault, app, most=MOST_ATTEMPTS)


def _never_came(handled: Handled, real: datetime) -> bool:
    """Say whether what was announced has been waited for long enough: ten minutes of looking for it.

    The age of the message would not do: one that was scheduled for next week is a week old when it comes. Nor
    would its attempts: other faults may have held it up before.
    """
    if real - _not_visible_since(handled, real) < VISIBLE_WITHIN:
        return False
    _awaited.no_longer(_name_of(handled))
    return True


def _not_visible_since(handled: Handled, real: datetime) -> datetime:
    """Give since when it has been looked for: a session remembers it here, a copy carries it along."""
    if handled.session:
        return _awaited.since(_name_of(handled), real)
    since = handled.properties.get(NOT_VISIBLE_SINCE)
    return real if since is None else datetime.fromisoformat(since)


def _name_of(handled: Handled) -> str:
    return f"{handled.queue}~{first_id(handled.message)}"


def _defer(handled: Handled, error: Exception, app: Application, *, most: int) -> None:
    """Send a copy for later and let the original go; killed between, both come, and handlers do not mind."""
    if handled.attempt >= most:
        park(handled, error, app)
        return
    wait = back_off(handled.attempt, first_id(handled.message), at_least=getattr(error, "retry_after", None))
    log.info(
        "edge.message.deferred",
        extra=handled.told | {"reason": type(error).__name__, "seconds": round(wait.total_seconds())},
    )
    tracing.note(outcome="deferred", reason=type(error).__name__, attempt=handled.attempt)
    copy = _copy(handled, _noted(handled, error, app.clock.real()), due_at=app.clock.now() + wait)
    app.queues.send(handled.queue_name, [copy])


def _noted(handled: Handled, error: Exception, real: datetime) -> dict[str, str]:
    """Give what the copy carries: since when what it speaks of cannot be seen, if that is what keeps it."""
    carried = {name: held for name, held in handled.properties.items() if name != NOT_VISIBLE_SINCE}
    if isinstance(error, NotYetVisible):
        carried[NOT_VISIBLE_SINCE] = _not_visible_since(handled, real).isoformat()
    return carried


def _copy(handled: Handled, carried: Mapping[str, str], *, due_at: datetime) -> OutgoingMessage:
    first, attempt = first_id(handled.message), str(handled.attempt + 1)
    return OutgoingMessage(
        id=derived(first, attempt),
        body=handled.message.get_body(),
        due_at=due_at,
        properties={**carried, "attempt": attempt, "copy_of": first},
    )


def back_off(attempt: int, of: str, *, at_least: timedelta | None = None) -> timedelta:
    """Give how long to wait after an attempt: doubling, then steady, each message a little off the beat.

    The jitter is drawn from the message's id, so that a copy sent twice is due at the same time. Whoever asks
    for a longer wait (`Retry-After`) gets a quarter of an hour at most: it may be mistaken, or not ours.
    """
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 20))
    jitter = 0.75 + int(derived(of, str(attempt))[:4], 16) / 0xFFFF / 2
    return max(wait * jitter, min(at_least or timedelta(), LONGEST_WAIT))


def first_id(message: func.ServiceBusMessage) -> str:
    """Give the id of the message that this one is, or is a copy of."""
    return str(properties_of(message).get("copy_of") or message.message_id)


def _bug(error: Exception) -> dict[str, str]:
    return {"error": type(error).__name__, "place": place_of(error)}


def _raised(error: Exception) -> None:
    """Raise outside of any `except`: what is raised carries nothing of what went wrong before."""
    raise error
