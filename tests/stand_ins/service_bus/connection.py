"""One client's connection: bytes to and from the protocol engine, and its events to who acts on them."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from proton import Collector, Connection, Event, EventType, Transport

from tests.stand_ins.service_bus.authorisation import Authorisation
from tests.stand_ins.service_bus.broker import Broker
from tests.stand_ins.service_bus.engine import AmqpDelivery, AmqpLink
from tests.stand_ins.service_bus.links import LinkEnd, refuse
from tests.stand_ins.service_bus.opening import link_end_for
from tests.stand_ins.service_bus.refusals import Refused, no_token_covers

log = logging.getLogger(__name__)
LARGEST_FRAME = 64 * 1024


class ClientConnection(asyncio.Protocol):
    """Lives from the accepted socket to its end; whatever a client held goes with it."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.authorisation = Authorisation(broker, self._token_ended)
        self.ends: dict[AmqpLink, LinkEnd] = {}
        self._socket: asyncio.Transport
        self._delayed: deque[bytes] = deque()
        self._flushing = False
        self.is_over = False
        self._collector, self._engine, self._connection = (
            Collector(),
            Transport(Transport.SERVER),
            Connection(),
        )
        self._acts: dict[EventType, Callable[[Event], None]] = {
            Event.DELIVERY: self._on_delivery,
            Event.LINK_FLOW: self._on_flow,
            Event.CONNECTION_REMOTE_OPEN: self._on_connection_open,
            Event.SESSION_REMOTE_OPEN: lambda event: _any(event.session).open(),
            Event.LINK_REMOTE_OPEN: self._on_link_open,
            Event.LINK_REMOTE_CLOSE: self._on_link_close,
            Event.LINK_REMOTE_DETACH: self._on_link_close,
            Event.SESSION_REMOTE_CLOSE: self._on_session_close,
            Event.CONNECTION_REMOTE_CLOSE: lambda _: self._connection.close(),
        }

    # the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._socket = transport
        self._connection.collect(self._collector)
        self._engine.max_frame_size = LARGEST_FRAME
        self._engine.sasl().allowed_mechs("ANONYMOUS")
        self._engine.bind(self._connection)
        self.broker.connections.add(self)

    def data_received(self, data: bytes) -> None:
        if not (self.broker.faults.slow_by or self._delayed):
            self._read(data)
            return
        self._delayed.append(data)
        asyncio.get_running_loop().call_later(self.broker.faults.slow_by, self._read_delayed)

    def _read_delayed(self) -> None:
        if self._delayed:
            self._read(self._delayed.popleft())

    def _read(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest and (room := self._engine.capacity()) > 0:
            self._engine.push(bytes(rest[:room]))
            rest = rest[room:]
            self._act()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio names it
        self.broker.connections.discard(self)
        self._delayed.clear()
        self.authorisation.forget()
        for link in list(self.ends):
            self._end(link)
        self.is_over = True
        self._acts.clear()
        self._engine.unbind()
        self._connection.free()
        self._collector.release()

    def drop(self) -> None:
        """Cut it without a word."""
        self._socket.abort()

    # what is to be sent

    def flush_soon(self) -> None:
        """Send what the engine holds once the present work is done."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self.is_over:
            return
        self._act()
        while (waiting := self._engine.pending()) > 0:
            self._socket.write(bytes(self._engine.peek(waiting) or b""))
            self._engine.pop(waiting)
            self._act()
        if waiting < 0 and not self._socket.is_closing():
            self._socket.close()

    # the engine's events

    def _act(self) -> None:
        while event := self._collector.peek():
            act = self._acts.get(event.type)
            if act:
                try:
                    act(event)
                except Exception:  # one client's oddity must not end the broker; the log shows it
                    log.exception("connection.event.failed", extra={"event": str(event.type)})
                    self._socket.abort()
            self._collector.pop()

    def _on_connection_open(self, _: Event) -> None:
        self._connection.container = "stand-in"
        self._connection.open()

    def _on_link_open(self, event: Event) -> None:
        link: AmqpLink = _any(event.link)
        try:
            self.ends[link] = link_end_for(link, self)
        except Refused as why:
            refuse(link, why)
            return
        self.ends[link].open()

    def _on_link_close(self, event: Event) -> None:
        link: AmqpLink = _any(event.link)
        self._end(link)
        link.close()

    def _on_session_close(self, event: Event) -> None:
        session = _any(event.session)
        for link in [link for link in self.ends if link.session == session]:
            self._end(link)
        session.close()

    def _on_delivery(self, event: Event) -> None:
        delivery: AmqpDelivery = _any(event.delivery)
        end = self.ends.get(delivery.link)
        if end:
            end.on_delivery(delivery)

    def _on_flow(self, event: Event) -> None:
        end = self.ends.get(_any(event.link))
        if end:
            end.on_flow()

    # links

    def end_of_answers(self, session: object, address: str) -> LinkEnd | None:
        """Give the link on which answers of a request node go out."""
        return next(
            (end for link, end in self.ends.items() if end.answers == address and link.session == session),
            None,
        )

    def _end(self, link: AmqpLink) -> None:
        end = self.ends.pop(link, None)
        if end:
            end.ended()

    def detach(self, queue: str | None, why: Refused) -> int:
        """Detach its links to a queue, or all; give how many."""
        ends = [end for end in self.ends.values() if end.serves and queue in (None, end.serves.settings.name)]
        for end in ends:
            self.detach_one(end, why)
        return len(ends)

    def linked_to(self) -> list[str]:
        """Name the queue of each of its links."""
        return [end.serves.settings.name for end in self.ends.values() if end.serves]

    def detach_one(self, end: LinkEnd, why: Refused) -> None:
        """Detach a link with a reason."""
        if self.is_over:
            return
        self._end(end.link)
        refuse(end.link, why)
        self.flush_soon()

    def _token_ended(self) -> None:
        """Detach what no token covers any more."""
        for end in list(self.ends.values()):
            if end.serves and not self.authorisation.covers(end.address):
                self.detach_one(end, no_token_covers(end.address))


def _any(of_the_event: object) -> Any:
    """Take what an event is about; the library says that it may be None, and for these events it is not."""
    return of_the_event
