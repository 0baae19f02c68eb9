"""Queues on the stand-in of Service Bus through the real library, with a clock that moves the broker's."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from azure.core.credentials import AccessToken

from shared.adapters.service_bus import Place, ServiceBusPlace
from shared.adapters.service_bus_peeks import WITHIN
from shared.adapters.service_bus_queues import SENT_WITHIN, ServiceBusQueues
from shared.adapters.service_bus_receiver import ServiceBusQueueReceiver
from shared.kernel.clock import Clock, StoppedClock, SystemClock
from shared.kernel.queues import (
    MOST_DELIVERIES,
    MOST_DELIVERIES_IN_A_SESSION,
    OutgoingMessage,
    QueueReceiver,
    Queues,
)
from tests.stand_ins.certificates import certificates_in
from tests.stand_ins.identity import Identity, an_identity
from tests.stand_ins.process import StandIn, a_stand_in
from tests.support.outside_broker import SLACK, OutsideBroker, OutsideClock

AUDIENCE = "https://servicebus.azure.net/"
MOST_IN_A_SESSION = 5
"""Deliveries in the session queues of tests: the thousands of a real one would take minutes."""
PLAIN_QUEUES = ("audit-entries", "deliveries")
SESSION_QUEUES = ("journey-starts", "journey-steps")


class BothHalves(Queues, QueueReceiver, Protocol):
    """Sends and receives, as tests want it in one."""

    def forget_locks(self) -> None: ...


@dataclass(frozen=True, slots=True)
class QueueHouse:
    """Queues, the clock they go by, and after how many deliveries a session's message is set aside."""

    queues: BothHalves
    clock: StoppedClock
    most_in_a_session: int
    moment: timedelta
    """The smallest step of time the queues can tell."""
    slack: timedelta = timedelta()
    """By how much their clock may differ from the house's."""

    def are_one(self, one: datetime, other: datetime) -> bool:
        """Say whether two instants are the same, as far as the clocks can tell."""
        return abs(one - other) <= self.slack


@dataclass(slots=True)
class Credential:
    """Tokens of the stand-in identity, as `TokenCredential` has them."""

    identity: Identity
    asked: list[str] = field(default_factory=list[str])

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked.extend(scopes)
        ends = SystemClock().real() + self.identity.lifetime
        return AccessToken(self.identity.token(AUDIENCE), int(ends.timestamp()))


class BrokerClock(StoppedClock):
    """Stands still until moved, and the broker's two clocks with it."""

    def __init__(self, broker: StandIn) -> None:
        self._broker = broker
        super().__init__(a_whole_millisecond())

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in {"instant", "machine"}:
            which = "now" if name == "instant" else "real"
            self._broker.tell("clock", **{which: {"stopped_at": value.isoformat()}})


def a_whole_millisecond() -> datetime:
    """Give the present as far as AMQP can spell it."""
    now = SystemClock().real()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class ServiceBusBothHalves(ServiceBusQueueReceiver):
    """The receiving adapter with the sending one in it."""

    def __init__(
        self, place: Place, clock: Clock, *, sent_within: float = SENT_WITHIN, within: float = WITHIN
    ) -> None:
        in_sessions = frozenset(SESSION_QUEUES)
        super().__init__(
            place,
            clock=clock,
            queues=(*PLAIN_QUEUES, *SESSION_QUEUES),
            session_queues=in_sessions,
            within=within,
        )
        self.sending = ServiceBusQueues(
            place, clock=clock, session_queues=in_sessions, sent_within=sent_within
        )

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        self.sending.send(queue, messages)

    def close(self) -> None:
        self.sending.close()
        super().close()


@dataclass(frozen=True, slots=True)
class Bus:
    """A broker that runs, and how to get in."""

    broker: StandIn
    place: ServiceBusPlace
    credential: Credential


@contextmanager
def a_bus(folder: Path, queues: Sequence[Mapping[str, Any]] | None = None) -> Generator[Bus]:
    """Run a broker, with the queues of the contract tests unless others are named."""
    listed = folder / "queues.json"
    folder.mkdir(parents=True, exist_ok=True)
    listed.write_text(json.dumps(queues_of_tests() if queues is None else queues))
    certificates = certificates_in(folder)
    with (
        an_identity(folder) as identity,
        a_stand_in("tests.stand_ins.service_bus", folder, "--queues", str(listed)) as broker,
    ):
        credential = Credential(identity)
        place = ServiceBusPlace(
            "tests.servicebus.windows.net",
            credential,
            trusted_ca=certificates.ca,
            endpoint=broker.addresses["endpoint"],
        )
        yield Bus(broker, place, credential)


def queues_of_tests() -> Sequence[Mapping[str, Any]]:
    plain = [a_queue(name, sessions=False, most=MOST_DELIVERIES) for name in PLAIN_QUEUES]
    return plain + [a_queue(name, sessions=True, most=MOST_IN_A_SESSION) for name in SESSION_QUEUES]


def a_queue(name: str, *, sessions: bool, most: int, lock: str = "PT1M") -> dict[str, Any]:
    """Spell a queue as `infra/queues.json` does."""
    return {
        "name": name,
        "requiresSession": sessions,
        "lockDuration": lock,
        "maxDeliveryCount": most,
        "requiresDuplicateDetection": False,
        "duplicateDetectionHistoryTimeWindow": "PT10M",
    }


def an_outside_house(queues: ServiceBusBothHalves, clock: OutsideClock) -> QueueHouse:
    """Have the queues of a broker that is not ours, empty."""
    queues.forget_locks()
    OutsideBroker(queues, PLAIN_QUEUES, SESSION_QUEUES).empty()
    return QueueHouse(queues, clock, MOST_DELIVERIES_IN_A_SESSION, timedelta(milliseconds=1), SLACK)


@contextmanager
def a_service_bus_house(bus: Bus, queues: ServiceBusBothHalves, clock: BrokerClock) -> Generator[QueueHouse]:
    """Empty the queues and set the clocks to the present; at the end let go of everything."""
    bus.broker.tell("empty")
    clock.machine = clock.instant = a_whole_millisecond()
    try:
        yield QueueHouse(queues, clock, MOST_IN_A_SESSION, timedelta(milliseconds=1))
    finally:
        queues.forget_locks()
