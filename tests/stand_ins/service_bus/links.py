"""What all of the broker's link ends have in common, and those of request nodes."""

from __future__ import annotations

from os import urandom
from typing import TYPE_CHECKING, Any

from proton import Message, int32, symbol

from tests.stand_ins.service_bus.engine import ACCEPTED, LOCAL_ACTIVE, AmqpDelivery, AmqpLink, condition_of
from tests.stand_ins.service_bus.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stand_ins.service_bus.connection import ClientConnection
    from tests.stand_ins.service_bus.entity import Queue

CREDIT = 1000


class LinkEnd:
    """What every end has: its link, its address and, where there is one, its queue."""

    answers: str | None = None
    """The node whose answers go out here."""

    def __init__(
        self, link: AmqpLink, connection: ClientConnection, address: str, queue: Queue | None = None
    ) -> None:
        self.link = link
        self.connection = connection
        self.address = address
        self.serves = queue

    def open(self) -> None:
        """Attach."""
        self.link.open()

    def on_delivery(self, delivery: AmqpDelivery) -> None:
        """Act on a transfer or on a disposition."""

    def on_flow(self) -> None:
        """Act on new credit."""

    def ended(self) -> None:
        """Let go of what the link held."""


def refuse(link: AmqpLink, why: Refused) -> None:
    """Detach a link with a reason; one that was never attached is attached without ends first."""
    if not link.state & LOCAL_ACTIVE:
        link.source.type = link.target.type = 0
        link.open()
    link.condition = condition_of(why)
    link.close()


def whole_transfer(link: AmqpLink, delivery: AmqpDelivery) -> bytes | None:
    """Give what was sent once it is whole, and grant new credit."""
    if not delivery.readable or delivery.partial:
        return None
    raw = bytes(link.recv(delivery.pending) or b"")
    link.advance()
    if link.credit < CREDIT // 2:
        link.flow(CREDIT - link.credit)
    return raw


class Requests(LinkEnd):
    """Takes the requests of a node such as `$management`, and answers on the link beside it."""

    def __init__(
        self,
        link: AmqpLink,
        connection: ClientConnection,
        address: str,
        act: Callable[[Message], tuple[int, Any]],
        spelled: tuple[str, str],
    ) -> None:
        super().__init__(link, connection, address)
        self._act = act
        self._status, self._description = spelled

    def open(self) -> None:
        self.link.open()
        self.link.flow(CREDIT)

    def on_delivery(self, delivery: AmqpDelivery) -> None:
        raw = whole_transfer(self.link, delivery)
        if raw is None:
            return
        request = Message()
        request.decode(raw)
        delivery.update(ACCEPTED)
        delivery.settle()
        answers = self.connection.end_of_answers(self.link.session, self.address)
        if isinstance(answers, Answers):
            answers.say(self._answer(request))

    def _answer(self, request: Message) -> Message:
        try:
            status, body = self._act(request)
            said: dict[str, Any] = {self._status: int32(status), self._description: "OK"}
        except Refused as why:
            body = {}
            said = {self._status: int32(why.status), self._description: why.description}
            said["errorCondition"] = symbol(why.condition)
        return Message(body=body, correlation_id=request.id, properties=said)


class Answers(LinkEnd):
    """The link on which a node answers."""

    def __init__(self, link: AmqpLink, connection: ClientConnection, address: str) -> None:
        super().__init__(link, connection, address)
        self.answers = address

    def say(self, answer: Message) -> None:
        """Send one answer."""
        delivery = self.link.delivery(urandom(16))
        self.link.stream(answer.encode())
        self.link.advance()
        delivery.settle()
