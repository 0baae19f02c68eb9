"""Dead letters of Service Bus: a queue of their own beside each queue, without sessions."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice

from azure.servicebus import ServiceBusReceivedMessage, ServiceBusReceiver

from shared.adapters.service_bus import faults_told
from shared.adapters.service_bus_handlers import Closings
from shared.adapters.service_bus_lanes import Lane, Silence, Way
from shared.adapters.service_bus_messages import dead_letter
from shared.adapters.service_bus_peeks import COMES_WITHIN, all_from, by_receiver
from shared.kernel.documents import Page
from shared.kernel.queues import DeadLetter
from shared.kernel.refusals import Nonsense, NotFound, TransientFault

MOST_TAKEN_UP = 2000
"""How far from the front of the queue one may lie and still be taken: all before it are locked on the way."""
_LONGEST_NUMBER = 18
"""Digits of any number that a page can end with."""
_LOOKS = 3


class DeadLetters:
    """The dead letters of one queue."""

    def __init__(
        self,
        queue: str,
        make: Callable[[], ServiceBusReceiver],
        closings: Closings,
        silence: Silence,
        *,
        within: float,
        reach: int = MOST_TAKEN_UP,
    ) -> None:
        self._queue = queue
        self._make = make
        self._closings = closings
        self._silence = silence
        self._within = within
        self._reach = reach
        self._way = Way(f"looks at the dead of {queue}", make, closings, silence)
        self._look = by_receiver(self._way, within)

    def page(self, *, limit: int, after: str | None) -> Page[DeadLetter]:
        first = _place(after) + 1
        with faults_told():
            found = list(islice(all_from(self._look, first, most=limit + 1), limit + 1))
        letters = tuple(dead_letter(message, self._queue) for message in found[:limit])
        return Page(letters, str(letters[-1].sequence_number) if len(found) > limit else None)

    def count(self, *, most: int) -> int:
        with faults_told():
            return sum(1 for _ in all_from(self._look, most=most))

    def take(self, sequence_number: int) -> DeadLetter:
        """Take one for good: lock what lies before it too, complete it, and give the others back.

        Of two who take the same one, the other does not find it, or sees it locked and is told to come again.
        Giving back counts as a delivery there, which has no end for dead letters. What lies too deep is a
        fault, not missing: it comes within reach when others have been taken.
        """
        with faults_told():
            for _ in range(_LOOKS):
                before = self._how_many_before(sequence_number)
                taken = self._taken(sequence_number, before + 1)
                if taken is not None:
                    return dead_letter(taken, self._queue)
        message = "somebody else holds it"
        raise TransientFault(message)

    def close(self, seconds: float) -> None:
        self._way.close(seconds)

    def _how_many_before(self, sequence_number: int) -> int:
        if not any(each.sequence_number == sequence_number for each in self._look(sequence_number, 1)):
            raise NotFound
        for before, each in enumerate(all_from(self._look, most=self._reach)):
            if each.sequence_number == sequence_number:
                return before
        message = "it lies too deep among the dead letters"
        raise TransientFault(message)

    def _taken(self, sequence_number: int, most: int) -> ServiceBusReceivedMessage | None:
        receiver = self._make()
        lane = Lane(f"takes from {self._queue}", self._silence, partial(self._closings.close, receiver))
        others: list[ServiceBusReceivedMessage] = []
        try:
            lane.do(receiver.__enter__, within=self._within)
            while len(others) < most:
                ask = partial(receiver.receive_messages, most - len(others), max_wait_time=COMES_WITHIN)
                found = lane.do(ask, within=self._within)
                wanted = [each for each in found if each.sequence_number == sequence_number]
                others += [each for each in found if each not in wanted]
                if wanted:
                    lane.do(partial(receiver.complete_message, wanted[0]), within=self._within)
                    return wanted[0]
                if not found:
                    break
        finally:
            self._give_back(lane, receiver, others)
        return None

    def _give_back(
        self, lane: Lane, receiver: ServiceBusReceiver, others: Sequence[ServiceBusReceivedMessage]
    ) -> None:
        try:
            for other in others:
                lane.do(partial(receiver.abandon_message, other), within=self._within)
        finally:
            lane.close(self._within)


def _place(after: str | None) -> int:
    if after is not None and not (after.isdecimal() and len(after) <= _LONGEST_NUMBER):
        raise Nonsense(("after", "is not where a page ended"))
    return int(after or 0)
