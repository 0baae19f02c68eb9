"""A folder of FHIR NDJSON as bulk exports lay it out: a file for each type, a resource for each line."""

import gzip
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import orjson

from local.sample.population import TYPES
from shared.fhir.ports import Resource

_PIECE = 1 << 18
_LEVEL = 4  # about twice as fast as gzip's usual 9, for files a little larger


class NdjsonFolder:
    """Writes resources to the file of their type; what these files held before is gone.

    The same resources make the same bytes: a compressed file names neither itself nor the time (RFC 1952).
    """

    def __init__(self, folder: Path, *, compressed: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.counts: dict[str, int] = dict.fromkeys(TYPES, 0)
        self.sizes: dict[str, int] = dict.fromkeys(TYPES, 0)
        self._compressed = compressed
        self._opened = ExitStack()
        self._files: dict[str, BinaryIO] = {kind: self._fresh(kind) for kind in TYPES}
        self._pieces: dict[str, bytearray] = {kind: bytearray() for kind in TYPES}

    def write(self, resource: Resource) -> None:
        kind = resource["resourceType"]
        piece = self._pieces[kind]
        piece += orjson.dumps(resource, option=orjson.OPT_APPEND_NEWLINE)
        self.counts[kind] += 1
        if len(piece) >= _PIECE:
            self._put_down(kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in TYPES:
            self._put_down(each)
        self._opened.close()

    def _put_down(self, kind: str) -> None:
        piece = self._pieces[kind]
        self.sizes[kind] += len(piece)
        self._files[kind].write(piece)
        piece.clear()

    def _fresh(self, kind: str) -> BinaryIO:
        """Open the type's file; its other form, left by a former run, would be loaded beside it and goes."""
        plain, packed = self.folder / f"{kind}.ndjson", self.folder / f"{kind}.ndjson.gz"
        (plain if self._compressed else packed).unlink(missing_ok=True)
        file = self._opened.enter_context((packed if self._compressed else plain).open("wb"))
        if not self._compressed:
            return file
        packer = gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file, mtime=0)
        return cast("BinaryIO", self._opened.enter_context(packer))
