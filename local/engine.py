"""Everything that runs without being asked: pumps, timers, and the threads they hand work to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from local.app_index import AppIndex
from local.bells import Bell, Bells, CommitBell
from local.feed_pumps import FeedPump
from local.host_file import HostFile
from local.invocation import Workers, Workload
from local.locks import LockKeeper
from local.pumps import PlainPump, Pump, PumpThread, QueueTools, SessionPump, Sessions
from local.timers import Timers
from shared.kernel.change_feed import ChangeFeed
from shared.kernel.clock import Clock
from shared.kernel.identity import IdSource
from shared.kernel.queues import QueueReceiver

TO_DRAIN_SECONDS = 10.0
_HANDS_OUT_AHEAD = 2
"""Messages or sessions locked per thread, so that threads are busy while the disk settles others."""

Unfinished = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Stores:
    """What the pumps read: queues and change feed. `changed` waits for a commit, so many seconds at most."""

    receiver: QueueReceiver
    sessions: Sessions
    feed: ChangeFeed
    changed: Callable[[float], object]
    clock: Clock
    ids: IdSource


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
    _plain: list[PlainPump] = field(init=False, default_factory=list[PlainPump])
    _sessions: list[SessionPump] = field(init=False, default_factory=list[SessionPump])
    _unfinished: list[Unfinished] = field(init=False, default_factory=list[Unfinished])

    def __post_init__(self) -> None:
        self.workers = Workers(self.threads, self.stores.ids, Workload())
        self.timers = Timers(self.index.timers, self.workers, self.stores.clock.real)
        keeper = LockKeeper(self.stores.clock.real)
        tools = QueueTools(self.stores.receiver, self.stores.sessions, self.workers, keeper)
        self.add("locks", keeper)
        self.add("timers", self.timers)
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
        for session in self._sessions:
            session.hurry()
        for pump in self._pumps:
            pump.ask_to_stop()
        for pump in self._pumps:
            pump.join(TO_DRAIN_SECONDS)
        ended = self.workers.stop(TO_DRAIN_SECONDS)
        for pump in (*self._plain, *self._sessions):
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
        waiting = any(depth.waiting or depth.locked for depth in self.stores.receiver.depths())
        return not waiting and not any(unfinished() for unfinished in self._unfinished)

    def _pump_queues(self, tools: QueueTools) -> None:
        for function in self.index.queues:
            bell = self.bells.new(function.queue)
            if function.in_sessions:
                sessions = SessionPump(function, tools, bell, self._ahead(self.host_file.most_sessions))
                self._sessions.append(sessions)
                self.add(function.function.name, sessions, bell=bell)
            else:
                plain = PlainPump(function, tools, bell, self._ahead(self.host_file.most_calls))
                self._plain.append(plain)
                self.add(function.function.name, plain, bell=bell)

    def _ahead(self, most: int) -> int:
        return _HANDS_OUT_AHEAD * min(most, self.threads)

    def _pump_feeds(self) -> None:
        for function in self.index.feeds:
            pump = FeedPump(function, self.stores.feed, self.workers)
            bell = CommitBell(self.stores.changed)
            self.add(
                function.function.name, pump, bell=bell, unfinished=partial(_has_news, self.stores.feed, pump)
            )


def _has_news(feed: ChangeFeed, pump: FeedPump) -> bool:
    changes, _ = feed.read(pump.function.function.name, limit=1)
    return bool(changes)
