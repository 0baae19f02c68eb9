"""Calls functions as the platform's worker does: sync ones in bounded threads, async ones on the loop."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from azure.functions.servicebus import ServiceBusMessage

from local.app_index import Function
from local.faults import described
from shared.kernel.identity import IdSource
from shared.kernel.queues import ReceivedMessage

log = logging.getLogger(__name__)


class Workload:
    """Counts what is under way and what has begun, to tell *idle* from *between two things*."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._under_way = 0
        self._begun = 0

    @contextmanager
    def under_way(self) -> Generator[None]:
        """Count the work inside as under way."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def begin(self) -> None:
        with self._lock:
            self._under_way += 1
            self._begun += 1

    def end(self) -> None:
        with self._lock:
            self._under_way -= 1
            self._lock.notify_all()

    def until_none_is_under_way(self, seconds: float) -> bool:
        """Wait for all that is under way, so long at most; say whether it has ended."""
        with self._lock:
            return self._lock.wait_for(lambda: self._under_way == 0, seconds)

    def counts(self) -> tuple[int, int]:
        """Give how much is under way, and how much has begun since the start."""
        with self._lock:
            return self._under_way, self._begun


class Workers:
    """The threads that run functions. Requests have their own, lest messages keep people waiting."""

    def __init__(self, threads: int, ids: IdSource, workload: Workload) -> None:
        self.workload = workload
        self._ids = ids
        self._for_requests = ThreadPoolExecutor(threads, "request")
        self._for_messages = ThreadPoolExecutor(threads, "message")
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve_async_functions_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run async functions on `loop`, the host's own."""
        self._loop = loop

    def start(self, work: Callable[[], None]) -> "Future[None]":
        """Run a pump's work in the threads for messages; what it raises is logged, as nobody waits for it."""
        self.workload.begin()
        started = self._for_messages.submit(self._to_the_end, work)
        started.add_done_callback(self._count_as_ended)
        return started

    def call(self, function: Function, argument: Any) -> Any:
        """Call a function from a thread of ours and wait for it."""
        arguments = self._arguments(function, argument)
        if not function.is_async:
            return contextvars.Context().run(function.call, **arguments)
        if self._loop is None:
            message = "no event loop serves async functions yet"
            raise RuntimeError(message)
        return asyncio.run_coroutine_threadsafe(function.call(**arguments), self._loop).result()

    async def answer(self, function: Function, request: Any) -> Any:
        """Call a function from the event loop, in the threads for requests unless it is async itself."""
        arguments = self._arguments(function, request)
        with self.workload.under_way():
            if function.is_async:
                return await function.call(**arguments)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._for_requests, lambda: function.call(**arguments))

    def stop(self, patience: float) -> bool:
        """Let what has begun end, forget what only waited; say whether all ended within so many seconds."""
        self._for_messages.shutdown(wait=False, cancel_futures=True)
        self._for_requests.shutdown(wait=False, cancel_futures=True)
        return self.workload.until_none_is_under_way(patience)

    def _arguments(self, function: Function, argument: Any) -> dict[str, Any]:
        arguments = {function.parameter: argument}
        if function.wants_context:
            arguments["context"] = SimpleNamespace(
                invocation_id=self._ids.new(), function_name=function.name, function_directory="."
            )
        return arguments

    def _to_the_end(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # the thread goes on; the lock lapses and the message comes again
            told = {"error": described(error)}
            log.error("local.work.failed", extra=told)  # noqa: TRY400  # a traceback would hold the text

    def _count_as_ended(self, _: "Future[None]") -> None:
        self.workload.end()


def as_the_worker_gives_it(message: ReceivedMessage) -> ServiceBusMessage:
    """Dress a received message as the class that functions are given (azure-facts §1.1)."""
    properties: dict[str, Any] = dict(message.properties)
    return ServiceBusMessage(
        body=message.body,
        message_id=message.id,
        session_id=message.session,
        application_properties=properties,
        user_properties=properties,
        delivery_count=message.delivery_count,
        enqueued_time_utc=message.enqueued_at,
        sequence_number=message.sequence_number,
        enqueued_sequence_number=message.sequence_number,
        lock_token=message.lock_token,
        locked_until=message.locked_until,
        content_type="application/json",
    )


def argument_for(messages: Sequence[ReceivedMessage], *, many: bool) -> Any:
    """Give what a queue function is called with: one message, or the list of them."""
    dressed = [as_the_worker_gives_it(message) for message in messages]
    return dressed if many else dressed[0]
