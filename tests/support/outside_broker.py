"""A Service Bus that is not ours: the official emulator, or a namespace made to be tested with (D15).

Its clock cannot be moved, so whatever needs that is skipped, by name.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.adapters.azure_credentials import azure_credential
from shared.adapters.service_bus import EmulatorPlace, Place, ServiceBusPlace
from shared.kernel.clock import StoppedClock, SystemClock
from shared.kernel.queues import LockLost, QueueReceiver
from shared.kernel.refusals import NotFound
from tests.support.judges import named

CONNECTION, NAMESPACE = "TEST_SERVICE_BUS_CONNECTION", "TEST_SERVICE_BUS_NAMESPACE"
SLACK = timedelta(seconds=10)
"""By how much its clock may differ from ours, with the time that an answer takes."""
_LOCK = timedelta(minutes=1)


def outside_place() -> Place | None:
    """Give the place that the environment names, if it does."""
    if named(CONNECTION):
        return EmulatorPlace(named(CONNECTION))
    if named(NAMESPACE):
        return ServiceBusPlace(named(NAMESPACE), azure_credential("developer"))
    return None


class OutsideClock(StoppedClock):
    """The machine's; a test that would move it is skipped."""

    def __init__(self) -> None:
        """Have nothing to set."""

    def __getattribute__(self, name: str) -> Any:
        if name in {"instant", "machine", "pass_by"}:
            pytest.skip("the clock of a broker that is not ours cannot be moved")
        return super().__getattribute__(name)

    def now(self) -> datetime:
        return SystemClock().now()

    def real(self) -> datetime:
        return SystemClock().real()


@dataclass(frozen=True, slots=True)
class OutsideBroker:
    """Is emptied by receiving what is left in it."""

    receiver: QueueReceiver
    plain: tuple[str, ...]
    sessions: tuple[str, ...]

    def empty(self) -> None:
        for queue in self.plain:
            while left := self.receiver.receive(queue, limit=100, lock_for=_LOCK):
                with suppress(LockLost):
                    self.receiver.complete(left)
        for queue in self.sessions:
            while (lease := self.receiver.accept_session(queue, lock_for=_LOCK)) is not None:
                with suppress(LockLost):
                    self.receiver.complete(self.receiver.receive_in_session(lease, limit=100))
                self.receiver.release_session(lease)
        for queue in (*self.plain, *self.sessions):
            for letter in self.receiver.dead_letters(queue).items:
                with suppress(NotFound):
                    self.receiver.take_dead_letter(queue, letter.sequence_number)
