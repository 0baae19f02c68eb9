"""The files of the lake and their lists in a folder; works wherever a file can be linked under a new name."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from shared.adapters.parquet_listing import (
    KEPT,
    LEFT_ALONE_SECONDS,
    Listing,
    Shelf,
    name_of,
    number_of,
    read,
    spelt,
)
from shared.kernel.refusals import LostRace


class FolderShelf(Shelf):
    """Keeps them where they are written and read. Several processes may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def latest(self) -> Listing:
        numbers = self._numbers()
        return self._read(numbers[-1]) if numbers else Listing()

    def bring(self, files: Collection[str]) -> None:
        """Do nothing: they are there."""

    def put(self, file: str) -> None:
        path = self._folder / file
        force(path)
        force(path.parent)

    def keep(self, listing: Listing) -> None:
        fresh = self._folder / f"new-{os.getpid()}-{listing.number}-{id(listing)}.json"
        try:
            write_durably(fresh, spelt(listing))
            os.link(fresh, self._path(listing.number))
        except FileExistsError:
            raise LostRace from None
        finally:
            fresh.unlink(missing_ok=True)
        force(self._folder)

    def sweep(self) -> None:
        """Take away what is old. Who is overtaken by the sweeps of five others leaves it to them."""
        with suppress(LostRace, FileNotFoundError):
            self._sweep()

    def _sweep(self) -> None:
        numbers = self._numbers()
        for number in numbers[:-KEPT]:
            self._path(number).unlink(missing_ok=True)
        kept = numbers[-KEPT:]
        if not kept:
            return
        named = {file for number in kept for file in self._read(number).all_files}
        now = self._path(kept[-1]).stat().st_mtime
        for path in self._data_files():
            is_named = str(path.relative_to(self._folder)) in named
            with suppress(FileNotFoundError):  # another who sweeps was faster
                if not is_named and now - path.stat().st_mtime > LEFT_ALONE_SECONDS:
                    path.unlink()

    def _numbers(self) -> list[int]:
        return sorted(number_of(path.name) for path in self._folder.glob("list-*.json"))

    def _path(self, number: int) -> Path:
        return self._folder / name_of(number)

    def _data_files(self) -> Iterator[Path]:
        yield from self._folder.glob("*/*.parquet")
        yield from self._folder.glob("new-*.json")

    def _read(self, number: int) -> Listing:
        try:
            return read(number, self._path(number).read_bytes())
        except FileNotFoundError:  # so many writes since the folder was looked at that it was swept
            raise LostRace from None


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
