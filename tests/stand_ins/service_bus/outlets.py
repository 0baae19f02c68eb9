"""The broker's end of a receiver's link, without a session and with one."""

from __future__ import annotations

import asyncio
from os import urandom
from typing import TYPE_CHECKING, Any

from proton import Condition, symbol

from tests.stand_ins.service_bus.engine import (
    ACCEPTED,
    LOCAL_ACTIVE,
    MODIFIED,
    REJECTED,
    RELEASED,
    SENDER_SETTLED,
    AmqpDelivery,
    AmqpLink,
    condition_of,
)
from tests.stand_ins.service_bus.entity import Outcome, Queue, Why
from tests.stand_ins.service_bus.links import LinkEnd
from tests.stand_ins.service_bus.messages import rendered
from tests.stand_ins.service_bus.refusals import Refused, no_session_in_time

if TYPE_CHECKING:
    import uuid

    from tests.stand_ins.service_bus.connection import ClientConnection

SESSION_FILTER = symbol("com.microsoft:session-filter")
_LOCKED_UNTIL = symbol("com.microsoft:locked-until-utc")
_TICKS_BEFORE_1970 = 621_355_968_000_000_000
_MILLISECONDS_TO_WAIT = 60_000


class Outlet(LinkEnd):
    """Gives a receiver what it has credit for, and does with each message what the receiver decides."""

    def __init__(self, link: AmqpLink, connection: ClientConnection, address: str, queue: Queue) -> None:
        super().__init__(link, connection, address, queue)
        self.queue = queue
        self.for_good = link.remote_snd_settle_mode == SENDER_SETTLED
        self.session: str | None = None

    def open(self) -> None:
        self.queue.counts["open-receiver"] += 1
        self.link.open()
        self.queue.takers.append(self)

    def wants(self) -> bool:
        return self.link.credit > 0

    def lose(self, why: Refused) -> None:
        self.connection.detach_one(self, why)

    def on_flow(self) -> None:
        self.take_more()
        if self.link.drain_mode:
            self.link.drained()
            self.connection.flush_soon()

    def take_more(self) -> None:
        while self.link.credit > 0 and self.link.state & LOCAL_ACTIVE:
            message = self.queue.take(self.session, for_good=self.for_good)
            if message is None:
                break
            self._send(rendered(message, locked=not self.for_good), message.token)
            self.connection.flush_soon()

    def _send(self, raw: bytes, token: uuid.UUID | None) -> None:
        delivery = self.link.delivery(token.bytes_le if token else urandom(16))
        delivery.token = token
        self.link.stream(raw)
        self.link.advance()
        if self.for_good:
            delivery.settle()

    def on_delivery(self, delivery: AmqpDelivery) -> None:
        token: uuid.UUID | None = getattr(delivery, "token", None)
        decision = _decision(delivery) if token and delivery.updated else None
        if token is None or decision is None:
            return
        delivery.token = None
        wait = self.queue.faults.delay_dispositions
        if wait:
            asyncio.get_running_loop().call_later(wait, self._settle, delivery, token, *decision)
        else:
            self._settle(delivery, token, *decision)

    def _settle(self, delivery: AmqpDelivery, token: uuid.UUID, outcome: Outcome, why: Why | None) -> None:
        """Do it and echo it; an echo that carries an error is a no."""
        if self.connection.is_over or not self.link.state & LOCAL_ACTIVE:
            return
        try:
            self.queue.settle(token, outcome, why)
        except Refused as refused:
            delivery.local.condition = condition_of(refused)
            delivery.update(REJECTED)
        else:
            delivery.local.failed = delivery.remote.failed
            delivery.local.undeliverable = delivery.remote.undeliverable
            delivery.update(delivery.remote_state)
        delivery.settle()
        self.connection.flush_soon()

    def ended(self) -> None:
        """Let nothing be offered here any more; what was received stays locked until its time."""
        if self in self.queue.takers:
            self.queue.takers.remove(self)


def _decision(delivery: AmqpDelivery) -> tuple[Outcome, Why | None] | None:
    """Read what a receiver decided; None for no decision yet."""
    state = delivery.remote_state
    if state == ACCEPTED:
        return "complete", None
    if state == RELEASED:
        return "release", None
    if state == MODIFIED:
        return ("defer" if delivery.remote.undeliverable else "abandon"), None
    if state == REJECTED:
        return "dead-letter", _reason_in(delivery.remote.condition)
    return None


def _reason_in(condition: Condition | None) -> Why:
    info: Any = (condition and condition.info) or {}
    said = {str(key): str(value) for key, value in info.items() if value is not None}
    return said.get("DeadLetterReason", ""), said.get("DeadLetterErrorDescription", "")


class SessionOutlet(Outlet):
    """An outlet that holds a session: one by name, or the next that has something."""

    def __init__(self, link: AmqpLink, connection: ClientConnection, address: str, queue: Queue) -> None:
        super().__init__(link, connection, address, queue)
        self.sessions = queue.with_sessions()
        self._patience: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Attach when there is a session; until then the client waits for the answer, as long as it said."""
        self.queue.counts["open-receiver"] += 1
        wanted = filters_of(self.link).get(SESSION_FILTER)
        if wanted is None:
            self._patience = asyncio.get_running_loop().call_later(self._longest_wait(), self._give_up)
            self.sessions.seek(self)
            return
        try:
            self.sessions.accept(wanted, self)
        except Refused as why:
            self.connection.detach_one(self, why)
        else:
            self.given(wanted)

    def _longest_wait(self) -> float:
        told: Any = (self.link.remote_properties or {}).get("com.microsoft:timeout", _MILLISECONDS_TO_WAIT)
        return float(told) / 1000

    def given(self, session: str) -> None:
        self._stop_waiting()
        self.session = session
        chosen = self.link.source.filter
        chosen.clear()
        chosen.put_dict({SESSION_FILTER: session})
        until = self.sessions.held(session).locked_until
        self.link.properties = {_LOCKED_UNTIL: round(until * 1000) * 10_000 + _TICKS_BEFORE_1970}
        self.link.open()
        self.connection.flush_soon()

    def _give_up(self) -> None:
        self._patience = None
        self.connection.detach_one(self, no_session_in_time())

    def lose(self, why: Refused) -> None:
        self.session = None
        self.connection.detach_one(self, why)

    def ended(self) -> None:
        """Release the session: its lock is the link's, and ends with it however the link ends."""
        self._stop_waiting()
        self.sessions.stop_seeking(self)
        if self.session is not None:
            self.sessions.release(self.session, self)

    def _stop_waiting(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None


def filters_of(link: AmqpLink) -> dict[str, Any]:
    """Read the filters a receiver asks for."""
    asked = link.remote_source.filter
    asked.rewind()
    return (asked.get_object() if asked.next() else None) or {}
