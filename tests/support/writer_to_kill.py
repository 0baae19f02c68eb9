"""Writes without end, several threads at once, and says on standard output what was acknowledged.

Run as a process of its own by the test that kills it: `python -m tests.support.writer_to_kill FOLDER`.
"""

import os
import sys
import threading
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from shared.kernel.documents import Create, announcing
from shared.kernel.queues import OutgoingMessage
from tests.support.house import House, build_house

THREADS = 4
QUEUE = "deliveries"


@dataclass(frozen=True, slots=True)
class Half:
    """One of two documents that are only ever written together."""

    name: str


@dataclass(frozen=True, slots=True)
class BothWritten:
    name: str


def partition_of(name: str) -> str:
    return f"patient/{name}"


def _write(house: House, thread: int) -> None:
    for number in count():
        name = f"{thread}-{number}"
        halves = [Create(f"half~{side}", Half(name)) for side in ("left", "right")]
        told = announcing(BothWritten(name), of=halves[0], named=name)
        house.documents.commit(partition_of(name), changes=halves, announcements=[told])
        os.write(1, f"committed {name}\n".encode())
        house.queues.send(QUEUE, [OutgoingMessage(f"{name}~{side}", b"{}") for side in ("left", "right")])
        os.write(1, f"sent {name}\n".encode())


if __name__ == "__main__":
    its_house = build_house(Path(sys.argv[1]))
    for each in range(THREADS):
        threading.Thread(target=_write, args=(its_house, each)).start()
