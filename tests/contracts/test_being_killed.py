"""What was acknowledged outlasts a SIGKILL, and nothing is left half done (D4)."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.documents import Index
from tests.support.house import House, a_house
from tests.support.writer_to_kill import QUEUE, THREADS, Half, partition_of

MADE = Index("announcement", "made_at")


def killed_after(acknowledgements: int, folder: Path) -> list[tuple[str, str]]:
    """Let a writer work until it has acknowledged so much, kill it, and give all that it acknowledged."""
    command = [sys.executable, "-m", "tests.support.writer_to_kill", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(acknowledgements)]
        writer.kill()
        lines += writer.stdout.readlines()
    return [_acknowledged(line) for line in takewhile(lambda line: line.endswith("\n"), lines)]


def _acknowledged(line: str) -> tuple[str, str]:
    what, _, name = line.strip().partition(" ")
    return what, name


def names(acknowledged: Iterable[tuple[str, str]], what: str) -> set[str]:
    return {name for kind, name in acknowledged if kind == what}


def written(house: House) -> Counter[str]:
    """Count the halves of all that was written, each thread's in the order it wrote them."""
    halves: Counter[str] = Counter()
    for thread in range(THREADS):
        number = 0
        while found := house.documents.list(partition_of(f"{thread}-{number}"), "half", Half).items:
            halves[f"{thread}-{number}"] = len(found)
            number += 1
    return halves


@pytest.mark.parametrize("acknowledgements", [1, 40, 333])
class TestBeingKilled:
    def test_loses_nothing_that_was_acknowledged(self, tmp_path: Path, acknowledgements: int) -> None:
        acknowledged = killed_after(acknowledgements, tmp_path)

        with a_house(tmp_path) as house:
            received = house.queues.receive(QUEUE, limit=100_000, lock_for=timedelta(minutes=1))
            assert names(acknowledged, "committed") <= set(written(house))
            assert names(acknowledged, "sent") <= {message.id.partition("~")[0] for message in received}

    def test_leaves_nothing_half_done(self, tmp_path: Path, acknowledgements: int) -> None:
        killed_after(acknowledgements, tmp_path)

        with a_house(tmp_path, (MADE,)) as house:
            halves = written(house)
            told = house.documents.find(MADE, dict[str, Any], limit=100_000).items
            received = house.queues.receive(QUEUE, limit=100_000, lock_for=timedelta(minutes=1))
            sent = Counter(message.id.partition("~")[0] for message in received)
            assert set(halves.values()) <= {2}
            assert {each.body["content"]["name"] for each in told} == set(halves)
            assert set(sent.values()) <= {2}
