"""Sessions of one queue: one holder at a time, the longest waiting first, state that outlives the holder."""

from __future__ import annotations

import heapq
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from tests.stand_ins.service_bus.lanes import Lane, Seeker
from tests.stand_ins.service_bus.refusals import session_held_by_another, session_lock_lost

if TYPE_CHECKING:
    from tests.stand_ins.service_bus.entity import Queue


class Sessions:
    """A session's lock belongs to the link that accepted it, and ends with that link or with its time."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._lanes: dict[str, Lane] = {}
        self._waiting: list[tuple[float, int, str]] = []
        """Free sessions with something due, by when it was enqueued; an entry may be out of date."""
        self._seekers: deque[Seeker] = deque()

    def lane(self, session: str | None) -> Lane:
        """Give the session's lane, new if need be."""
        return self._lanes.setdefault(session or "", Lane(session or ""))

    def has_more(self, lane: Lane) -> None:
        """Tell the holder that there is more, or offer the session to who waits for any."""
        if lane.holder:
            lane.holder.take_more()
            return
        self._line_up(lane)
        self._serve_seekers()

    def _line_up(self, lane: Lane) -> None:
        head = self._queue.next_due(lane)
        if head:
            heapq.heappush(self._waiting, (head.enqueued_at, head.sequence_number, lane.session or ""))

    def _serve_seekers(self) -> None:
        while self._seekers:
            session = self._next_waiting()
            if session is None:
                return
            seeker = self._seekers.popleft()
            self._hold(self.lane(session), seeker)
            seeker.given(session)

    def _next_waiting(self) -> str | None:
        while self._waiting:
            _, number, session = heapq.heappop(self._waiting)
            lane = self._lanes.get(session)
            if lane is None or lane.holder:
                continue
            head = self._queue.next_due(lane)
            if head and head.sequence_number == number:
                return session
            if head and lane.due:
                self._line_up(lane)
        return None

    def seek(self, seeker: Seeker) -> None:
        """Give any session that has something due, now or when there is one."""
        self._seekers.append(seeker)
        self._serve_seekers()

    def stop_seeking(self, seeker: Seeker) -> None:
        if seeker in self._seekers:
            self._seekers.remove(seeker)

    def accept(self, session: str, taker: Seeker) -> None:
        """Lock one session by name, which need not have messages. Raises `Refused` when another holds it."""
        lane = self.lane(session)
        if lane.holder:
            raise session_held_by_another(session)
        self._hold(lane, taker)

    def _hold(self, lane: Lane, taker: Seeker) -> None:
        lane.holder = taker
        self._queue.counts["accept-session"] += 1
        self._lock(lane)

    def _lock(self, lane: Lane) -> None:
        if lane.alarm:
            lane.alarm.cancel()
        lane.locked_until = self._queue.clocks.real.now() + self._queue.settings.lock_duration
        lane.alarm = self._queue.clocks.real.at(lane.locked_until, partial(self.lapse, lane))

    def renew(self, session: str | None) -> float:
        """Hold a session longer, and give until when."""
        lane = self.held(session)
        self._lock(lane)
        self._queue.counts["renew-session"] += 1
        return lane.locked_until

    def release(self, session: str, taker: Seeker) -> None:
        """Let others have it; what was received and not settled is due again, uncounted."""
        lane = self._lanes.get(session)
        if lane and lane.holder is taker:
            self._queue.counts["release-session"] += 1
            self._free(lane, failed=False)

    def lapse(self, lane: Lane) -> None:
        """End a session's lock; what was received and not settled counts as a failed delivery."""
        holder = lane.holder
        self._queue.counts["lapse-session"] += 1
        self._free(lane, failed=True)
        if holder:
            holder.lose(session_lock_lost())

    def _free(self, lane: Lane, *, failed: bool) -> None:
        if lane.alarm:
            lane.alarm.cancel()
        lane.holder = lane.alarm = None
        self._queue.give_back(lane, failed=failed)
        if lane.is_forgettable:
            self._lanes.pop(lane.session or "", None)
        elif not lane.holder:
            self._line_up(lane)
            self._serve_seekers()

    def held(self, session: str | None) -> Lane:
        """Give the lane of a session that somebody holds. Raises `Refused`."""
        lane = self._lanes.get(session or "")
        if not lane or not lane.holder or lane.locked_until <= self._queue.clocks.real.now():
            raise session_lock_lost()
        return lane

    def set_state(self, session: str | None, state: bytes | None) -> None:
        lane = self.held(session)
        lane.state, lane.state_set_at = state, self._queue.clocks.now.now()

    def known(self, since: float | None) -> list[str]:
        """List sessions with messages or state or, since a time, those whose state was set after it."""
        if since is not None:
            return [name for name, lane in self._lanes.items() if lane.state and lane.state_set_at > since]
        with_messages = {message.session or "": True for message in self._queue.messages.values()}
        return list(with_messages | {name: True for name, lane in self._lanes.items() if lane.state})

    def holders(self) -> dict[str, float]:
        """Tell which sessions are held, and until when."""
        return {name: lane.locked_until for name, lane in self._lanes.items() if lane.holder}
