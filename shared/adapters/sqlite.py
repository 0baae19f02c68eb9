"""One SQLite file for everything that is embedded; many waiting commits share one fsync (D4)."""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from shared.adapters.store_edition import edition_of, note_edition, taken_on
from shared.kernel.refusals import TransientFault

R = TypeVar("R")
Act = Callable[[sqlite3.Connection], R]

PATIENCE = timedelta(seconds=5)
"""How long another process may hold the file before we call it a transient fault."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PASSING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL})


def micros(instant: datetime) -> int:
    """Spell an aware instant as the file keeps it. Raises `ValueError` for a naive one (a bug)."""
    if instant.tzinfo is None:
        message = "an instant without a zone is no instant"
        raise ValueError(message)
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(count: int) -> datetime:
    """Read an instant as `micros` spelt it."""
    return _EPOCH + timedelta(microseconds=count)


class Bell:
    """Wakes threads of this process when something was committed, so that none need look all the time.

    A courtesy: another process's commit rings nothing here, so whoever waits also looks when time is up.
    """

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self._times = 0
        self._heard = threading.local()

    def ring(self) -> None:
        with self._rung:
            self._times += 1
            self._rung.notify_all()

    def wait(self, timeout: float) -> bool:
        """Give True as soon as it has rung since this thread last came back from here."""
        heard = getattr(self._heard, "times", 0)
        with self._rung:
            rung = self._rung.wait_for(lambda: self._times != heard, timeout)
            self._heard.times = self._times
        return rung


class _Unit:
    """One act that is to be committed, and what came of it."""

    __slots__ = ("act", "bell", "durable", "failure", "outcome")

    def __init__(self, act: Act[Any], bell: Bell | None, *, durable: bool) -> None:
        self.act = act
        self.bell = bell
        self.durable = durable
        self.outcome: Any = None
        self.failure: Exception | None = None


class _Call:
    """Units that one thread waits for."""

    __slots__ = ("done", "units")

    def __init__(self, units: Sequence[_Unit]) -> None:
        self.units = units
        self.done = threading.Lock()
        self.done.acquire()


class SqliteFile:
    """Connections to one file, safe for many threads and processes of one machine.

    What `write` returned stands, whatever is killed afterwards. An act runs by itself in order, sees all
    before it, and leaves nothing when it raises. Whatever piles up while the disk is busy goes together, with
    one fsync; nobody ever waits for company. Not for network shares: WAL needs shared memory.
    A file that a newer version has written raises `StoreIsNewer` before anything in it is changed.
    """

    def __init__(self, path: Path, *, patience: timedelta = PATIENCE) -> None:
        self.path = path
        self._patience = patience
        self.changed = Bell()
        self.sent = Bell()
        self._writing = threading.Lock()
        self._waiting: SimpleQueue[_Call | None] = SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._server: threading.Thread | None = None
        self._readers: deque[sqlite3.Connection] = deque()
        self._writer = self._open()
        self._writer.execute("PRAGMA synchronous = FULL")
        self._forces = True
        self._writer.execute("PRAGMA wal_autocheckpoint = 4000")
        self._take_on()

    def write(self, act: Act[R], *, ring: Bell | None = None, durable: bool = True) -> R:
        """Run the act, commit it durably, ring the bell, and give what it returned or raise what it raised.

        With `durable=False` it outlives the process but perhaps not a power cut: for locks and settlements,
        which may be lost, since then a message merely comes again. The next durable commit makes it durable
        too.
        Raises `TransientFault` when the file is held by another process for too long, is full, or closed.
        """
        unit = _Unit(act, ring, durable=durable)
        self._submit((unit,))
        if unit.failure is not None:
            raise unit.failure
        return unit.outcome

    def write_many(
        self, acts: Sequence[Act[R]], *, ring: Bell | None = None, durable: bool = True
    ) -> list[R | Exception]:
        """Run each act for itself, commit all that succeed at once, and give what each returned or raised."""
        units = [_Unit(act, ring, durable=durable) for act in acts]
        if units:
            self._submit(units)
        return [unit.outcome if unit.failure is None else unit.failure for unit in units]

    def read(self, query: Act[R]) -> R:
        """Run a query beside all writing; it sees everything whose `write` has returned."""
        connection = self._reader()
        try:
            return query(connection)
        except sqlite3.OperationalError as fault:
            raise _understood(fault) from fault
        finally:
            self._give_back(connection)

    def prepare(self, schema: str) -> None:
        """Make what the schema's statements (`CREATE … IF NOT EXISTS`) ask for."""
        statements = [statement for statement in schema.split(";\n") if statement.strip()]
        self.write(lambda connection: [connection.execute(statement) for statement in statements])

    def wait_for_change(self, timeout: float) -> bool:
        """Wait until a document has changed since this thread last waited, or the seconds are up."""
        return self.changed.wait(timeout)

    def wait_for_messages(self, timeout: float) -> bool:
        """Wait until messages came or came back since this thread last waited, or the seconds are up."""
        return self.sent.wait(timeout)

    def close(self) -> None:
        """Commit what is waiting, then let go of the file. Later calls raise `TransientFault`."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            server = self._server
            self._waiting.put(None)
        if server is not None:
            server.join()
        with self._writing:
            self._writer.close()
        while self._readers:
            self._readers.pop().close()

    def _take_on(self) -> None:
        try:
            found = self.read(edition_of)
            edition = taken_on(found)
            if edition > found:
                self.write(lambda connection: note_edition(connection, edition))
        except TransientFault:
            self.close()
            raise

    def _submit(self, units: Sequence[_Unit]) -> None:
        """Run the units here if nobody is writing, and otherwise leave them to the serving thread."""
        if self._waiting.empty() and self._writing.acquire(blocking=False):
            try:
                if self._closed:
                    raise _closed()
                self._commit(units)
            finally:
                self._writing.release()
            return
        call = _Call(units)
        self._queue_up(call)
        call.done.acquire()

    def _queue_up(self, call: _Call) -> None:
        with self._door:
            if self._closed:
                raise _closed()
            if self._server is None:
                self._server = threading.Thread(target=self._serve, name="sqlite-commits", daemon=True)
                self._server.start()
            self._waiting.put(call)

    def _serve(self) -> None:
        while (first := self._waiting.get()) is not None:
            with self._writing:
                calls = [first, *self._piled_up()]
                self._commit([unit for call in calls for unit in call.units])
            for call in calls:
                call.done.release()

    def _piled_up(self) -> Iterator[_Call]:
        try:
            while (call := self._waiting.get_nowait()) is not None:
                yield call
            self._waiting.put(None)
        except Empty:
            return

    def _commit(self, units: Sequence[_Unit]) -> None:
        """Make the units one transaction; when that as a whole fails, each of them has failed."""
        connection = self._writer
        self._force_to_disk(any(unit.durable for unit in units))
        try:
            connection.execute("BEGIN IMMEDIATE")
            _run(units, connection)
            connection.execute("COMMIT")
        except BaseException as fault:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if not isinstance(fault, Exception):
                raise
            for unit in units:
                unit.failure = unit.failure or _understood(fault)
        for bell in {unit.bell for unit in units if unit.failure is None}:
            if bell is not None:
                bell.ring()

    def _force_to_disk(self, wanted: bool) -> None:  # noqa: FBT001  # private, and reads well
        if wanted != self._forces:
            self._writer.execute(f"PRAGMA synchronous = {'FULL' if wanted else 'NORMAL'}")
            self._forces = wanted

    def _reader(self) -> sqlite3.Connection:
        if self._closed:
            raise _closed()
        try:
            return self._readers.pop()
        except IndexError:
            connection = self._open()
            connection.execute("PRAGMA query_only = ON")
            return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._readers.append(connection)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self._patience.total_seconds(),
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA cache_size = -16000")
        return connection


def _run(units: Sequence[_Unit], connection: sqlite3.Connection) -> None:
    """Run the units one after another, in the hope that none fails; if one does, all again, each apart.

    So an act may be run twice, of which the first leaves nothing: it must have no effect but on the file.
    """
    try:
        for unit in units:
            unit.outcome = unit.act(connection)
    except Exception:
        if len(units) == 1 or not connection.in_transaction:
            raise  # a full disk, say: SQLite has given up the whole transaction
        connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        for unit in units:
            _run_apart(unit, connection)


def _run_apart(unit: _Unit, connection: sqlite3.Connection) -> None:
    """Run one unit of several, so that its failure takes back its own writes only."""
    connection.execute("SAVEPOINT unit")
    try:
        unit.outcome = unit.act(connection)
    except Exception as failure:
        if not connection.in_transaction:
            raise  # a full disk, say: SQLite has given up the whole transaction
        connection.execute("ROLLBACK TO unit")
        unit.failure = _understood(failure)
    connection.execute("RELEASE unit")


def _understood(fault: Exception) -> Exception:
    """Say *transient* for what passes by itself, and leave everything else as it is."""
    if isinstance(fault, sqlite3.OperationalError) and fault.sqlite_errorcode & 0xFF in _PASSING:
        return TransientFault("the store is busy or full")
    return fault


def _closed() -> TransientFault:
    return TransientFault("the store is closed")
