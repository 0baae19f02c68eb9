"""Which Parquet files are the lake now: numbered lists, each made whole and only once.

Whoever writes makes the list with the next number; of two, one finds it made and has lost the race. A list
never changes, so whoever reads sees one moment. Works wherever a file can be linked under a new name.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.kernel.refusals import LostRace
from shared.segments.ports import LakeState

KEPT = 5
"""Lists whose files stay, for those who still read them."""
LEFT_ALONE_SECONDS = 3600.0
"""What no list names and is younger may be another's, about to be listed."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One moment of the lake: its files by table, oldest first, as paths within the folder."""

    number: int = 0
    state: LakeState = field(default_factory=LakeState)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])


def latest(folder: Path) -> Listing:
    """Give the list with the greatest number; an empty one before there is any."""
    numbers = _numbers(folder)
    return _read(folder, numbers[-1]) if numbers else Listing()


def keep(folder: Path, listing: Listing) -> None:
    """Make the list, durably. Raises `LostRace` when another has taken its number."""
    whole = json.dumps(_spelt(listing)).encode()
    fresh = folder / f"new-{os.getpid()}-{listing.number}-{id(listing)}.json"
    try:
        write_durably(fresh, whole)
        os.link(fresh, _path(folder, listing.number))
    except FileExistsError:
        raise LostRace from None
    finally:
        fresh.unlink(missing_ok=True)
    force(folder)


def sweep(folder: Path) -> None:
    """Take away old lists, and files that none of the kept ones names."""
    numbers = _numbers(folder)
    for number in numbers[:-KEPT]:
        _path(folder, number).unlink(missing_ok=True)
    kept = numbers[-KEPT:]
    if not kept:
        return
    named = {file for number in kept for files in _read(folder, number).files.values() for file in files}
    now = _path(folder, kept[-1]).stat().st_mtime
    for path in _data_files(folder):
        if str(path.relative_to(folder)) not in named and now - path.stat().st_mtime > LEFT_ALONE_SECONDS:
            path.unlink(missing_ok=True)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file and force it to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def force(path: Path) -> None:
    """Force a file or folder that was written by others to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _numbers(folder: Path) -> list[int]:
    return sorted(int(path.stem.removeprefix("list-")) for path in folder.glob("list-*.json"))


def _path(folder: Path, number: int) -> Path:
    return folder / f"list-{number:012}.json"


def _data_files(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*/*.parquet")
    yield from folder.glob("new-*.json")


def _read(folder: Path, number: int) -> Listing:
    try:
        read: dict[str, Any] = json.loads(_path(folder, number).read_bytes())
    except FileNotFoundError:  # so many writes since the folder was looked at that it was swept
        raise LostRace from None
    up_to = read["complete_up_to"]
    return Listing(
        number, LakeState(read["mark"], datetime.fromisoformat(up_to) if up_to else None), read["files"]
    )


def _spelt(listing: Listing) -> dict[str, Any]:
    up_to = listing.state.complete_up_to
    return {
        "mark": listing.state.mark,
        "complete_up_to": up_to.isoformat() if up_to else None,
        "files": {table: list(files) for table, files in listing.files.items()},
    }
