"""Reads of a FHIR server that are asked for at the same time, as one: a request costs more than a read."""

import copy
import threading
from collections.abc import Sequence

from shared.fhir.ports import ClinicalRecord, Found, Reading, Resource

SIDE_BY_SIDE = 1
"""How many requests are under way; whoever asks meanwhile is read together with all who do.

With two there are as many reads in a second, and half as many in each request, at the cost of both sides.
"""


class _Asked:
    """One read that waits for its turn, and what came of it."""

    __slots__ = ("found", "reference", "together", "turn")

    def __init__(self, reference: tuple[str, str]) -> None:
        self.reference = reference
        self.found: Resource | None = None
        self.together: Sequence[_Asked] = ()
        """Those to be read by this one's thread, itself among them, once its turn has come."""
        self.turn = threading.Event()


class ReadsTogether(Reading):
    """Reads as the record does, never from before it was asked; nobody ever waits for company.

    While `side_by_side` requests are under way, further reads pile up and go together as one. What a batch
    did not give, and all of one that failed, each reads alone: so it is refused as if it had been alone.
    A copy kept from an earlier read would be cheaper still, and could bring back what was deleted since.
    """

    def __init__(self, record: ClinicalRecord, *, side_by_side: int = SIDE_BY_SIDE) -> None:
        self._record = record
        self._free = side_by_side
        self._waiting: list[_Asked] = []
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """Say how many wait to be read together."""
        return len(self._waiting)

    def read(self, type: str, id: str) -> Resource:  # noqa: A002  # FHIR's own words
        asked = _Asked((type, id))
        if not self._may_go(asked):
            asked.turn.wait()
            if not asked.together:
                return asked.found if asked.found is not None else self._record.read(type, id)
        try:
            if len(asked.together) > 1:
                self._read_all(asked.together)
            return asked.found if asked.found is not None else self._record.read(type, id)
        finally:
            self._hand_on()
            for other in asked.together:
                if other is not asked:
                    other.turn.set()

    def _may_go(self, asked: _Asked) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            self._waiting.append(asked)
            return False

    def _hand_on(self) -> None:
        """Let the first of those who wait read for all of them."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            if not waiting:
                self._free += 1
                return
        first = waiting[0]
        first.together = waiting
        first.turn.set()

    def _read_all(self, together: Sequence[_Asked]) -> None:
        found = self._found([one.reference for one in together]).resources
        given: set[tuple[str, str]] = set()
        for one in together:
            resource = found.get(one.reference)
            one.found = copy.deepcopy(resource) if one.reference in given else resource
            given.add(one.reference)

    def _found(self, references: Sequence[tuple[str, str]]) -> Found:
        try:
            return self._record.read_many(references)
        except Exception:  # noqa: BLE001  # one of them may be why: each shall hear for itself
            return Found({})
