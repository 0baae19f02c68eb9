"""Where the files of comparisons lie: each comparison's five, whole or not at all."""

import shutil
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from shared.adapters.parquet_states import force
from shared.kernel.refusals import TransientFault
from shared.matching.ports import NothingKept

FILES = ("values", "pairs", "records", "persons", "former")
_BEGUN = ".part"
"""Ends the name of a folder in which not all is written yet."""


class ComparisonFiles(Protocol):
    """Keeps them by the names of `Comparisons`. Every method may raise `TransientFault`."""

    def has(self, name: str) -> bool:
        """Say whether all five are kept."""
        ...

    def brought(self, name: str) -> AbstractContextManager[Path]:
        """Give a folder in which they lie while the block lasts; raises `NothingKept`."""
        ...

    def keep(self, name: str) -> None:
        """Keep, durably and as a whole, the five that lie in `begun`."""
        ...

    def drop_all(self, matching: str) -> None:
        """Take away all of a matching, also what is not whole."""
        ...

    def drop_others(self, name: str) -> None:
        """Take away what is of the same matching and of another name."""
        ...


class FolderComparisonFiles(ComparisonFiles):
    """Lets them lie where they are written, in `{folder}/compared/{matching}/{run}`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, name: str) -> bool:
        return all(file_in(self._of(name), file).exists() for file in FILES)

    @contextmanager
    def brought(self, name: str) -> Generator[Path]:
        if not self.has(name):
            raise NothingKept
        yield self._of(name)

    def keep(self, name: str) -> None:
        part, folder = begun(self._folder, name), self._of(name)
        try:
            for file in FILES:
                force(file_in(part, file))
            force(part)
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
        except FileNotFoundError:
            raise taken_away() from None
        force(folder.parent)

    def drop_all(self, matching: str) -> None:
        shutil.rmtree(compared_in(self._folder) / matching, ignore_errors=True)

    def drop_others(self, name: str) -> None:
        kept = self._of(name)
        for folder in kept.parent.glob("*"):
            if folder != kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _of(self, name: str) -> Path:
        return compared_in(self._folder) / name


def compared_in(folder: Path) -> Path:
    """Give where all that was compared lies on this machine."""
    return folder / "compared"


def begun(folder: Path, name: str) -> Path:
    """Give where a comparison's files are written before they are kept."""
    place = compared_in(folder) / name
    return place.with_name(place.name + _BEGUN)


def file_in(folder: Path, file: str) -> Path:
    """Give the path of one of the five."""
    return folder / f"{file}.parquet"


def taken_away() -> TransientFault:
    """Say of what was begun that an erasure has taken it away: its run is to begin anew."""
    return TransientFault("what was compared has been taken away meanwhile")
