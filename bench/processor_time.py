"""How much processor time all that was started from here has used: it means much where the clock does not."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of_children() -> float:
    """Give what the processes below this one have used so far, those that they started included (Linux)."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for pid, fields in _processes():
        parents[pid] = int(fields[1])
        used[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
    return sum(seconds for pid, seconds in used.items() if _is_below(pid, parents))


def _processes() -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        yield int(folder.name), told


def _is_below(pid: int, parents: dict[int, int]) -> bool:
    above = parents.get(pid, 0)
    while above and above != os.getpid():
        above = parents.get(above, 0)
    return above == os.getpid()
