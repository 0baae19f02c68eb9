"""Ticks timers by machine time, and at once when time has been moved or someone asks (D14)."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import azure.functions as func
from azure.functions.timer import TimerRequest

from local.app_index import TimerFunction
from local.faults import described
from local.invocation import Workers
from shared.kernel.refusals import NotFound

log = logging.getLogger(__name__)

_LATE_AFTER = timedelta(seconds=1)
_SET_BACK = timedelta(seconds=1)
"""By how much the machine's clock must go back to be noticed: less is the usual keeping of time."""


class NoSuchTimer(NotFound):
    """There is no timer function of this name."""


class Timers:
    """Ticks each timer when it is due, never twice at once; a tick asked for during a run follows the run."""

    def __init__(
        self, timers: Sequence[TimerFunction], workers: Workers, real_time: Callable[[], datetime]
    ) -> None:
        self.functions = {timer.function.name: timer for timer in timers}
        self._workers = workers
        self._real_time = real_time
        self._latest = now = real_time()
        self._due = {name: timer.schedule.after(now) for name, timer in self.functions.items()}
        self._running: set[str] = set()
        self._again: set[str] = set()
        self._lock = threading.Lock()

    def turn(self) -> bool:
        """Start what is due; say whether anything was."""
        now = self._real_time()
        self._notice_a_step_back(now)
        due = [name for name, at in self._due.items() if at <= now]
        for name in due:
            self.tick(name, past_due=now - self._due[name] > _LATE_AFTER)
            self._due[name] = self.functions[name].schedule.after(now)
        return bool(due)

    def _notice_a_step_back(self, now: datetime) -> None:
        """Plan anew when the clock has been set back: by the old plan nothing would tick until then."""
        if now < self._latest - _SET_BACK:
            self._due = {name: timer.schedule.after(now) for name, timer in self.functions.items()}
            self._latest = now
        self._latest = max(self._latest, now)

    def tick(self, name: str, *, past_due: bool = False) -> None:
        """Run one timer now. Raises `NoSuchTimer`."""
        if name not in self.functions:
            raise NoSuchTimer
        with self._lock:
            if name in self._running:
                self._again.add(name)
                return
            self._running.add(name)
        self._workers.start(partial(self._run, name, TimerRequest(past_due=past_due)))

    def tick_all(self, *, past_due: bool = False) -> None:
        """Run every timer now."""
        for name in self.functions:
            self.tick(name, past_due=past_due)

    def _run(self, name: str, request: func.TimerRequest) -> None:
        goes_on = True
        while goes_on:
            try:
                self._workers.call(self.functions[name].function, request)
            except Exception as error:  # noqa: BLE001  # the run fails, the next tick comes by itself (house-style 3.2)
                log.warning("local.timer.failed", extra={"function": name, "error": described(error)})
            with self._lock:
                goes_on = name in self._again
                self._again.discard(name)
                if not goes_on:
                    self._running.discard(name)
