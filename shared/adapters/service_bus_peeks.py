"""Looks into queues without locking anything: messages in the order of their sequence numbers."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Self, cast

from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessageState,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
)
from azure.servicebus.exceptions import ServiceBusError

from shared.adapters.service_bus_handlers import Closings
from shared.adapters.service_bus_lanes import Silence, Way

PAGE = 250
"""Messages the service gives at one look, at most."""
WITHIN = 10.0
"""Seconds for any one question or settlement."""
MOST_DUE = 1000
"""Messages of one queue that are counted as due; a queue with more is full enough to say so."""
MOST_LOOKED_AT = 20_000
"""Messages of one queue that are looked at in all: the scheduled lie among the others, often before them."""
COMES_WITHIN = 2.0
"""Seconds in which a message comes that has just been seen to lie there."""
_FOUND = 200
_NOTHING = (202, 204)
_PEEK = b"com.microsoft:peek-message"

Look = Callable[[int, int], Sequence[ServiceBusReceivedMessage]]
"""Give up to so many messages from a sequence number on."""


def by_receiver(way: Way[ServiceBusReceiver], within: float) -> Look:
    """Look through a receiver: into a plain queue or into dead letters."""

    def look(first: int, limit: int) -> Sequence[ServiceBusReceivedMessage]:
        return way.use(partial(peeked, first=first, limit=limit), within=within)

    return look


def peeked(receiver: ServiceBusReceiver, first: int, limit: int) -> Sequence[ServiceBusReceivedMessage]:
    return receiver.peek_messages(limit, sequence_number=first, timeout=WITHIN)


def by_browser(
    client: ServiceBusClient, queue: str, closings: Closings, silence: Silence, within: float
) -> Look:
    """Look into a session queue, whoever holds its sessions."""
    way = Way(f"looks into {queue}", partial(_Browser, client, queue), closings, silence)
    return lambda first, limit: way.use(lambda browser: browser.peek(first, limit), within=within)


class _Browser:
    """Asks a session queue what lies in it without holding a session.

    The library's receivers need a session first, and then see only that one, though the service asks for
    none. So this uses the handler by which the library lists sessions, which has no public name.
    """

    def __init__(self, client: ServiceBusClient, queue: str) -> None:
        self._browser = cast("Any", client)._create_session_browser(queue)  # noqa: SLF001  # as said above
        self._transport = self._browser._amqp_transport  # noqa: SLF001  # as said above

    def __enter__(self) -> Self:
        """Do nothing yet: it opens when it is first asked."""
        return self

    def close(self) -> None:
        self._browser.close()

    def peek(self, first: int, limit: int) -> Sequence[ServiceBusReceivedMessage]:
        body = {"from-sequence-number": self._transport.AMQP_LONG_VALUE(first), "message-count": limit}
        return self._browser._mgmt_request_response_with_retry(  # noqa: SLF001  # as said above
            _PEEK, body, self._read, keep_alive_associated_link=False, timeout=WITHIN
        )

    def _read(self, status: int, answer: Any, *_: Any, **__: Any) -> Sequence[ServiceBusReceivedMessage]:
        if status in _NOTHING:
            return ()
        if status != _FOUND:
            message = f"looking failed: {status}"
            raise ServiceBusError(message)
        return self._transport.parse_received_message(
            answer, message_type=ServiceBusReceivedMessage, receiver=self._browser, is_peeked_message=True
        )


def all_from(look: Look, first: int = 1, *, most: int) -> Iterator[ServiceBusReceivedMessage]:
    """Give the messages from a sequence number on, page by page, `most` of them at most."""
    seen = 0
    while seen < most:
        page = look(first, min(PAGE, most - seen))
        yield from page
        if not page:
            return
        seen += len(page)
        first = (page[-1].sequence_number or first) + 1


def until_full(look: Look) -> Iterator[ServiceBusReceivedMessage]:
    """Give the messages of a queue, until enough of them were due or enough were looked at."""
    due = 0
    for message in all_from(look, most=MOST_LOOKED_AT):
        yield message
        due += is_due(message)
        if due == MOST_DUE:
            return


def is_due(message: ServiceBusReceivedMessage) -> bool:
    """Say whether a message that was looked at waits or is locked, rather than being scheduled."""
    return message.state == ServiceBusMessageState.ACTIVE
