"""Carry what has changed to functions: the store's change feed, and the record's change events (D5, D7)."""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import azure.functions as func
import orjson

from local.app_index import FeedFunction
from local.faults import described
from local.invocation import Workers, Workload
from shared.kernel.change_feed import ChangeFeed
from shared.kernel.queues import OutgoingMessage, Queues

log = logging.getLogger(__name__)

_FIRST_BACK_OFF = 0.1
_LONGEST_BACK_OFF = 30.0
_MOST_DOUBLINGS = 9
"""After so many the longest is reached; without an end to them the number would outgrow a float."""
_EVENTS_AT_ONCE = 200


@dataclass(slots=True)
class FeedPump:
    """Hands changed documents to a function; a batch that fails comes again, and is never skipped."""

    function: FeedFunction
    feed: ChangeFeed
    workers: Workers
    _failures: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Do not wait for a batch that fails."""
        self._stop.set()

    def turn(self) -> bool:
        changes, mark = self.feed.read(self.function.function.name, limit=self.function.most_items)
        if not changes:
            return False  # to look is no work: counted, it would hide that nothing goes on
        with self.workers.workload.under_way():
            handled = self._handled(changes)
            if handled:
                self.feed.advance(self.function.function.name, mark)
        if not handled:
            self._stop.wait(back_off(self._failures))
        self._failures = 0 if handled else self._failures + 1
        return True

    def _handled(self, changes: Sequence[Mapping[str, Any]]) -> bool:
        documents = func.DocumentList([func.Document(change) for change in changes])
        try:
            self.workers.call(self.function.function, documents)
        except Exception as error:  # noqa: BLE001  # whatever a function raises, the batch comes again
            log.warning(
                "local.feed.failed",
                extra={
                    "function": self.function.function.name,
                    "changes": len(changes),
                    "failures": self._failures + 1,
                    "error": described(error),
                },
            )
            return False
        return True


def back_off(failures: int) -> float:
    """Give the seconds to wait after so many failures in a row before this one."""
    return min(_FIRST_BACK_OFF * 2 ** min(failures, _MOST_DOUBLINGS), _LONGEST_BACK_OFF)


class ChangeEvents(Protocol):
    """The embedded record's outbox: change events in the order of their commits."""

    def events(self, after: int, limit: int) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """Give events after a number, each with its own number."""
        ...

    def forget_events(self, up_to: int) -> None:
        """Take events away that have been told."""
        ...


@dataclass(frozen=True, slots=True)
class EventPump:
    """Tells of changes to the record as Event Grid does: one message per event, at least once."""

    events: ChangeEvents
    queues: Queues
    queue: str
    workload: Workload

    def turn(self) -> bool:
        with self.workload.under_way():
            told = self.events.events(0, _EVENTS_AT_ONCE)
            if not told:
                return False
            messages = [OutgoingMessage(str(event["id"]), orjson.dumps(event)) for _, event in told]
            self.queues.send(self.queue, messages)
            self.events.forget_events(told[-1][0])
        return True

    def is_unfinished(self) -> bool:
        """Say whether an event waits to be told."""
        return bool(self.events.events(0, 1))
