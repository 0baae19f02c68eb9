"""The broker's end of a sender's link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proton import symbol

from tests.stand_ins.service_bus.engine import ACCEPTED, REJECTED, AmqpDelivery, AmqpLink, condition_of
from tests.stand_ins.service_bus.links import CREDIT, LinkEnd, whole_transfer
from tests.stand_ins.service_bus.messages import LARGEST_MESSAGE, messages_in
from tests.stand_ins.service_bus.refusals import Refused, server_busy, too_large

if TYPE_CHECKING:
    from tests.stand_ins.service_bus.connection import ClientConnection
    from tests.stand_ins.service_bus.entity import Queue


class Intake(LinkEnd):
    """Takes what a sender sends."""

    def __init__(self, link: AmqpLink, connection: ClientConnection, address: str, queue: Queue) -> None:
        super().__init__(link, connection, address, queue)
        self.queue = queue
        self.faults = queue.faults

    def open(self) -> None:
        self.queue.counts["open-sender"] += 1
        self.link.max_message_size = LARGEST_MESSAGE
        self.link.properties = {symbol("com.microsoft:max-message-batch-size"): LARGEST_MESSAGE}
        self.link.open()
        self.link.flow(CREDIT)

    def on_delivery(self, delivery: AmqpDelivery) -> None:
        raw = whole_transfer(self.link, delivery)
        if raw is None or self.faults.spend("swallow_sends"):
            return
        try:
            self._keep(raw)
        except Refused as why:
            delivery.local.condition = condition_of(why)
            delivery.update(REJECTED)
        else:
            if self.faults.spend("lose_send_answers"):
                self.connection.drop()
                return
            delivery.update(ACCEPTED)
        delivery.settle()

    def _keep(self, raw: bytes) -> None:
        if self.faults.spend("reject_sends"):
            self.queue.counts["reject"] += 1
            raise server_busy()
        if len(raw) > LARGEST_MESSAGE:
            raise too_large(len(raw), LARGEST_MESSAGE)
        self.queue.keep(messages_in(raw))
