"""Timers tick by the machine's clock, whatever happens to it."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.app_index import Function, TimerFunction
from local.invocation import Workers, Workload
from local.ncrontab import schedule
from local.timers import Timers
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import RandomIds

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
EVERY_MINUTE = "0 * * * * *"


class Stage:
    """One timer, a clock that stands until it is moved, and the ticks so far."""

    def __init__(self) -> None:
        self.ticks: list[Any] = []
        self.clock = StoppedClock(NOON)
        self.workers = Workers(1, RandomIds(), Workload())
        function = Function("sweep", self._tick, "tick", wants_context=False)
        timer = TimerFunction(function, schedule(EVERY_MINUTE), EVERY_MINUTE, on_start=False)
        self.timers = Timers([timer], self.workers, self.clock.real)

    def turned_after(self, duration: timedelta) -> int:
        """Turn after a while (or with the clock set back); give how many ticks there were in all."""
        self.clock.machine += duration
        self.timers.turn()
        assert self.workers.workload.until_none_is_under_way(10)
        return len(self.ticks)

    def _tick(self, tick: Any) -> None:
        self.ticks.append(tick)


@pytest.fixture
def stage() -> Generator[Stage]:
    one = Stage()
    yield one
    one.workers.stop(10)


class TestTimers:
    def test_tick_when_they_are_due(self, stage: Stage) -> None:
        seconds = (59, 1, 59, 1)

        assert [stage.turned_after(timedelta(seconds=each)) for each in seconds] == [0, 1, 1, 2]

    def test_go_on_when_the_machines_clock_is_set_back(self, stage: Stage) -> None:
        moves = (timedelta(minutes=1), timedelta(hours=-1), timedelta(minutes=1), timedelta(minutes=1))

        assert [stage.turned_after(move) for move in moves] == [1, 1, 2, 3]

    def test_do_not_tick_twice_for_a_clock_that_is_corrected_a_little(self, stage: Stage) -> None:
        moves = (timedelta(minutes=1), timedelta(milliseconds=-300), timedelta(milliseconds=300))

        assert [stage.turned_after(move) for move in moves] == [1, 1, 1]
