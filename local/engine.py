"""Everything that runs without being asked: pumps, timers, and the threads they hand work to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from local.app_index import AppIndex
from local.bells import Bell, Bells, CommitBell
from local.broker_pumps import BrokerPlainPump, BrokerSessionPump, BrokerTools, WaitingReceiver
from local.feed_pumps import FeedPump
from local.host_file import HostFile
from local.invocation import Workers, Workload
from local.locks import LockKeeper
from local.pumps import Ahead, PlainPump, Pump, PumpThread, QueueTools, SessionPump, Sessions
from local.timers import Timers
from shared.kernel.change_feed import ChangeFeed
from shared.kernel.clock import Clock
from shared.kernel.identity import IdSource
from shared.kernel.queues import QueueReceiver
from shared.kernel.refusals import TransientFault

TO_DRAIN_SECONDS = 10.0

Unfinished = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Stores:
    """What the pumps read: queues and change feed.

    Either `sessions` or `broker` is there: a broker waits by itself, and has no batches of sessions.
    """

    receiver: QueueReceiver
    sessions: Sessions | None
    feed: ChangeFeed
    clock: Clock
    ids: IdSource
    broker: WaitingReceiver | None = None


class Settling(Protocol):
    """A pump that is left with something to settle when all has ended."""

    def settle(self) -> bool: ...


class Hurrying(Protocol):
    """A pump that would begin ever more of what it has taken, if nobody told it."""

    def hurry(self) -> None: ...


@dataclass(slots=True)
class Engine:
    """Pumps, timers and workers of one app over one house."""

    index: AppIndex
    stores: Stores
    host_file: HostFile
    threads: int
    bells: Bells
    workers: Workers = field(init=False)
    timers: Timers = field(init=False)
    _pumps: list[PumpThread] = field(init=False, default_factory=list[PumpThread])
    _settling: list[Settling] = field(init=False, default_factory=list[Settling])
    _hurrying: list[Hurrying] = field(init=False, default_factory=list[Hurrying])
    _unfinished: list[Unfinished] = field(init=False, default_factory=list[Unfinished])

    def __post_init__(self) -> None:
        self.workers = Workers(self.threads, self.stores.ids, Workload())
        self.timers = Timers(self.index.timers, self.workers, self.stores.clock.real)
        keeper = LockKeeper(self.stores.clock.real)
        self.add("locks", keeper)
        self.add("timers", self.timers)
        if self.stores.broker is not None:
            self._pump_broker(BrokerTools(self.stores.broker, self.workers, keeper))
        elif self.stores.sessions is not None:
            tools = QueueTools(self.stores.receiver, self.stores.sessions, self.workers, keeper)
            self._pump_queues(tools)
        self._pump_feeds()

    def add(
        self, name: str, pump: Pump, *, bell: Bell | None = None, unfinished: Unfinished | None = None
    ) -> None:
        """Have one more pump turned; `unfinished` says whether it still has something to do."""
        self._pumps.append(PumpThread(name, pump, bell or self.bells.new(name)))
        if unfinished is not None:
            self._unfinished.append(unfinished)

    def start(self, loop: asyncio.AbstractEventLoop, *, catch_up: bool) -> None:
        """Begin; with `catch_up` every timer ticks once, for the ticks that nobody was there to make."""
        self.workers.serve_async_functions_on(loop)
        for pump in self._pumps:
            pump.start()
        for name, timer in self.timers.functions.items():
            if catch_up or timer.on_start:
                self.timers.tick(name, past_due=catch_up)

    def stop(self) -> bool:
        """Receive nothing more, let what has begun end, settle it; say whether all of it ended in time."""
        for pump in self._hurrying:
            pump.hurry()
        for pump in self._pumps:
            pump.ask_to_stop()
        for pump in self._pumps:
            pump.join(TO_DRAIN_SECONDS)
        ended = self.workers.stop(TO_DRAIN_SECONDS)
        for pump in self._settling:
            pump.settle()
        return ended

    def is_idle(self) -> bool:
        """Say whether nothing is due, announced or running: looked at twice, with nothing begun between."""
        _, begun = self.workers.workload.counts()
        quiet = self._is_quiet()
        return quiet and self._is_quiet() and self.workers.workload.counts() == (0, begun)

    def is_busy_with(self) -> int:
        """Give how many functions are running."""
        return self.workers.workload.counts()[0]

    def _is_quiet(self) -> bool:
        """Say whether nothing is left; where that cannot be found out, something may be."""
        try:
            return not any(unfinished() for unfinished in self._unfinished) and not self._is_anything_due()
        except TransientFault:
            return False

    def _is_anything_due(self) -> bool:
        if self.stores.broker is not None:
            return self.stores.broker.is_anything_due()
        return any(depth.waiting or depth.locked for depth in self.stores.receiver.depths())

    def _pump_queues(self, tools: QueueTools) -> None:
        for function in self.index.queues:
            bell = self.bells.new(function.queue)
            if function.in_sessions:
                sessions = SessionPump(function, tools, bell, self._ahead(self.host_file.most_sessions))
                self._hurrying.append(sessions)
                self._settling.append(sessions)
                self.add(function.function.name, sessions, bell=bell)
            else:
                plain = PlainPump(function, tools, bell, self._ahead(self.host_file.most_calls))
                self._settling.append(plain)
                self.add(function.function.name, plain, bell=bell)

    def _pump_broker(self, tools: BrokerTools) -> None:
        for function in self.index.queues:
            bell = self.bells.new(function.queue)
            pump: BrokerPlainPump | BrokerSessionPump
            if function.in_sessions:
                pump = BrokerSessionPump(function, tools, bell, self.host_file.most_sessions)
            else:
                pump = BrokerPlainPump(function, tools, min(self.host_file.most_calls, self.threads))
            self._hurrying.append(pump)
            self._settling.append(pump)
            self.add(function.function.name, pump, bell=bell)

    def _ahead(self, most: int) -> Ahead:
        return Ahead(min(most, self.threads))

    def _pump_feeds(self) -> None:
        for function in self.index.feeds:
            pump = FeedPump(function, self.stores.feed, self.workers)
            bell = CommitBell(self.stores.feed.wait_for_change)
            self.add(
                function.function.name, pump, bell=bell, unfinished=partial(_has_news, self.stores.feed, pump)
            )


def _has_news(feed: ChangeFeed, pump: FeedPump) -> bool:
    changes, _ = feed.read(pump.function.function.name, limit=1)
    return bool(changes)
