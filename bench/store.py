"""Commits and queue round trips per second, beside raw sqlite3 doing the same writes in the same run.

`python -m bench.store [FOLDER]` prints a table. Each row is the median of three rounds, in turns,
all at synchronous=FULL. Raw is one connection per thread, one transaction per commit, no encoding, no checks.
"""

import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_queues import SqliteQueues
from shared.kernel.clock import SystemClock
from shared.kernel.documents import Create, Index, announcing
from shared.kernel.queues import OutgoingMessage

THREADS = (1, 8, 32)
ROUNDS = 3
COMMITS = 3_000
ROUND_TRIPS = 1_500
BATCH = 64
A_MINUTE = timedelta(minutes=1)
BODY = b"x" * 300
INDEXES = (Index("enrolment", "due_at"), Index("announcement", "made_at"))

Work = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Enrolment:
    journey: str
    step_counter: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class AdvanceEnrolment:
    patient_id: str
    enrolment_id: str
    step_counter: int


def per_second(work: Work, threads: int, total: int) -> float:
    """Share `total` among threads and measure them together, from the starting gun to the last one home."""
    gun = threading.Barrier(threads + 1)
    runners = [threading.Thread(target=_run, args=(work, gun, n, total // threads)) for n in range(threads)]
    for runner in runners:
        runner.start()
    gun.wait()
    started = time.perf_counter()
    for runner in runners:
        runner.join()
    return (total // threads) * threads / (time.perf_counter() - started)


def _run(work: Work, gun: threading.Barrier, thread: int, times: int) -> None:
    gun.wait()
    work(thread, times)


def committing(folder: Path) -> Work:
    """One document, indexed, and one announcement, indexed, in each commit."""
    documents = SqliteDocuments(SqliteFile(folder / "ours.db"), clock=SystemClock(), indexes=INDEXES)
    due_at = datetime(2026, 3, 29, 1, tzinfo=UTC)

    def work(thread: int, times: int) -> None:
        for number in range(times):
            name = f"{thread}-{number}"
            new = Create(f"enrolment~{name}", Enrolment("hba1c", number, due_at))
            told = announcing(AdvanceEnrolment(name, new.id, number), of=new, named=name)
            documents.commit(f"patient/{name}", changes=[new], announcements=[told])

    return work


def committing_raw(folder: Path) -> Work:
    path = folder / "raw.db"
    with _raw(path) as connection:
        connection.execute(
            "CREATE TABLE documents (seq INTEGER PRIMARY KEY, partition TEXT, kind TEXT, id TEXT, body TEXT,"
            " UNIQUE (partition, kind, id))"
        )
        connection.execute(
            "CREATE TABLE entries (partition TEXT, id TEXT, field TEXT, kind TEXT, value,"
            " PRIMARY KEY (partition, id, field)) WITHOUT ROWID"
        )
        connection.execute("CREATE INDEX in_order ON entries (kind, field, value, partition, id)")
    body = BODY.decode()[:150]

    def work(thread: int, times: int) -> None:
        connection = _raw(path)
        for number in range(times):
            partition, name = f"patient/{thread}-{number}", f"{thread}-{number}"
            connection.execute("BEGIN IMMEDIATE")
            for kind in ("enrolment", "announcement"):
                row = (partition, kind, f"{kind}~{name}")
                connection.execute(
                    "INSERT INTO documents (partition, kind, id, body) VALUES (?, ?, ?, ?)", (*row, body)
                )
                connection.execute(
                    "INSERT INTO entries VALUES (?, ?, 'at', ?, ?)", (partition, row[2], kind, number)
                )
            connection.execute("COMMIT")
        connection.close()

    return work


def round_trips(folder: Path, *, batch: int) -> Work:
    """Send, receive and complete `batch` messages at a time."""
    queues = SqliteQueues(SqliteFile(folder / "ours.db"), clock=SystemClock(), session_queues=frozenset())

    def work(thread: int, times: int) -> None:
        messages = [OutgoingMessage(f"{thread}~{n}", BODY) for n in range(batch)]
        for _ in range(times // batch):
            queues.send("deliveries", messages)
            received = queues.receive("deliveries", limit=batch, lock_for=A_MINUTE)
            if received:
                queues.complete(received)

    return work


def round_trips_raw(folder: Path, *, batch: int) -> Work:
    path = folder / "raw.db"
    with _raw(path) as connection:
        connection.execute(
            "CREATE TABLE messages (seq INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT, body BLOB, token TEXT)"
        )
        connection.execute("CREATE INDEX free ON messages (queue) WHERE token IS NULL")
    claim = (
        "UPDATE messages SET token = ? WHERE seq IN"
        " (SELECT seq FROM messages WHERE queue = 'q' AND token IS NULL ORDER BY seq LIMIT ?)"
        " RETURNING seq, body"
    )

    def work(thread: int, times: int) -> None:
        connection = _raw(path)
        for _ in range(times // batch):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO messages (queue, body) VALUES ('q', ?)", [(BODY,)] * batch)
            connection.execute("COMMIT")
            connection.execute("BEGIN IMMEDIATE")
            claimed = connection.execute(claim, (str(thread), batch)).fetchall()
            connection.execute("COMMIT")
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("DELETE FROM messages WHERE seq = ?", [(seq,) for seq, _ in claimed])
            connection.execute("COMMIT")
        connection.close()

    return work


def _raw(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=60)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def compare(name: str, ours: Callable[[Path], Work], raw: Callable[[Path], Work], total: int) -> None:
    for threads in THREADS:
        measured: dict[str, list[float]] = {"ours": [], "raw": []}
        for _ in range(ROUNDS):
            for side, prepare in (("ours", ours), ("raw", raw)):
                with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
                    measured[side].append(per_second(prepare(Path(folder)), threads, total))
        mine, theirs = median(measured["ours"]), median(measured["raw"])
        print(f"{name:<34}{threads:>8}{mine:>12,.0f}{theirs:>12,.0f}{mine / theirs:>10.2f}")


def main() -> None:
    print(f"{'per second, synchronous=FULL':<34}{'threads':>8}{'ours':>12}{'raw':>12}{'ratio':>10}")
    compare("commits (document + announcement)", committing, committing_raw, COMMITS)
    one, many = (1, ROUND_TRIPS), (BATCH, 32 * BATCH * 4)
    for batch, total in (one, many):
        compare(
            f"messages round trip, {batch} at a time",
            lambda folder, batch=batch: round_trips(folder, batch=batch),
            lambda folder, batch=batch: round_trips_raw(folder, batch=batch),
            total,
        )


if __name__ == "__main__":
    main()
