"""A circuit: after repeated faults nobody asks a server for a while, then one asks, and the rest follow."""

import logging
import random
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from shared.kernel.refusals import TransientFault

log = logging.getLogger(__name__)

FAULTS_THAT_OPEN = 5
FIRST_REST = 5.0
LONGEST_REST = 60.0


class CircuitIsOpen(TransientFault):
    """The record has failed repeatedly and is left alone for a while."""


class Circuit:
    """Counts the faults in a row of one server, for all threads of this process.

    `pace` gives the seconds of a clock that nobody moves.
    """

    def __init__(self, *, pace: Callable[[], float] = monotonic) -> None:
        self._pace = pace
        self._lock = threading.Lock()
        self._faults = 0
        self._rest = FIRST_REST
        self._open_until = 0.0
        self._is_tried = False

    def require_closed(self) -> None:
        """Let a call go on. Raises `CircuitIsOpen`, with the time to wait; after it, one call may try."""
        with self._lock:
            if self._faults < FAULTS_THAT_OPEN:
                return
            left = self._open_until - self._pace()
            if left > 0 or self._is_tried:
                raise CircuitIsOpen(retry_after=timedelta(seconds=max(left, 1.0)))
            self._is_tried = True

    def succeeded(self) -> None:
        """Note that the server answered as a server does; a refusal is such an answer."""
        with self._lock:
            was_open = self._faults >= FAULTS_THAT_OPEN
            self._faults, self._rest, self._is_tried = 0, FIRST_REST, False
        if was_open:
            log.info("fhir.record.back")

    def failed(self) -> None:
        """Note a fault; the fifth in a row opens the circuit, and a trial that fails, for twice as long."""
        with self._lock:
            self._faults += 1
            if self._faults < FAULTS_THAT_OPEN:
                return
            was_tried, self._is_tried = self._is_tried, False
            if was_tried:
                self._rest = min(self._rest * 2, LONGEST_REST)
            if self._faults == FAULTS_THAT_OPEN or was_tried:
                rest = self._rest * random.uniform(0.8, 1.2)  # noqa: S311  # so that not all instances ask at once
                self._open_until = self._pace() + rest
                log.warning("fhir.record.left_alone", extra={"seconds": round(rest, 1)})

    def let_go(self) -> None:
        """Note a call that ended without saying anything of the server's health, as a throttled one does."""
        with self._lock:
            self._is_tried = False
