"""What runs of matchings have compared, in Azure Blob Storage, so that any machine can go on from it."""

import json
import shutil
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.adapters.blob_faults import understood
from shared.adapters.comparison_files import (
    FILES,
    ComparisonFiles,
    begun,
    compared_in,
    file_in,
    taken_away,
)
from shared.adapters.parquet_comparisons import ParquetComparisons
from shared.adapters.parquet_listing import COMPARED
from shared.kernel.clock import Clock
from shared.kernel.identity import IdSource
from shared.matching.ports import NothingKept

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

LEFT_BEHIND_SECONDS = 86_400.0
"""What has lain longer on a machine is of a run that was killed there: no run takes as long."""
_MANIFEST = "manifest.json"


class BlobComparisons(ParquetComparisons):
    """Keeps them in a container, for many machines; a run has a folder of its own machine to work in.

    In the folder nothing stays when a run ends. What one leaves that is killed or put off while it writes
    goes with the next of the same matching on that machine, with an erasure there, or, a day later, with any.
    """

    def __init__(
        self,
        container: "ContainerClient",
        folder: Path,
        *,
        clock: Clock,
        ids: IdSource,
        memory: str = "1GB",
    ) -> None:
        files = BlobComparisonFiles(container, folder, clock=clock, ids=ids)
        super().__init__(folder, memory=memory, files=files)


class BlobComparisonFiles(ComparisonFiles):
    """The blobs `matching/compared/{matching}/{run}/{writing}/{file}`, and beside them a manifest, put last.

    Each writing has a name of its own, which the manifest tells: of two who keep the same comparison, the
    files of one count, and are not mixed with the other's. Manifests go before what they name.
    """

    def __init__(self, container: "ContainerClient", folder: Path, *, clock: Clock, ids: IdSource) -> None:
        self._container = container
        self._folder = folder
        self._clock = clock
        self._ids = ids

    def has(self, name: str) -> bool:
        with understood():
            return bool(self._kept(name))

    @contextmanager
    def brought(self, name: str) -> Generator[Path]:
        self._clear()
        folder = compared_in(self._folder) / f"{name}.{self._ids.new()}"
        try:
            self._fetch(name, folder)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, name: str) -> None:
        part, writing = begun(self._folder, name), self._ids.new()
        blobs = {file: f"{_place(name)}{writing}/{file}.parquet" for file in FILES}
        try:
            with understood():
                for file, blob in blobs.items():
                    with file_in(part, file).open("rb") as content:
                        self._container.upload_blob(blob, content, overwrite=True)
                manifest = json.dumps({"writing": writing}).encode()
                self._container.upload_blob(_place(name) + _MANIFEST, manifest, overwrite=True)
        except FileNotFoundError:
            raise taken_away() from None
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def drop_all(self, matching: str) -> None:
        self._clear(matching)
        with understood():
            self._take_away(self._names(_place(matching)))

    def drop_others(self, name: str) -> None:
        matching = name.partition("/")[0]
        self._clear(matching)
        with understood():
            kept = {_place(name) + _MANIFEST, *self._kept(name).values()}
            self._take_away(set(self._names(_place(matching))) - kept)

    def _kept(self, name: str) -> Mapping[str, str]:
        """Give the blobs of the five files; none where they are not all there."""
        there = set(self._names(_place(name)))
        writing = self._writing(name) if _place(name) + _MANIFEST in there else None
        blobs = {file: f"{_place(name)}{writing}/{file}.parquet" for file in FILES}
        return blobs if there.issuperset(blobs.values()) else {}

    def _writing(self, name: str) -> str | None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415  # loaded with the client

        try:
            manifest: Any = json.loads(self._container.download_blob(_place(name) + _MANIFEST).readall())
        except ResourceNotFoundError:  # taken away meanwhile
            return None
        return manifest["writing"]

    def _fetch(self, name: str, folder: Path) -> None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415  # as above

        with understood():
            blobs = self._kept(name)
            if not blobs:
                raise NothingKept
            folder.mkdir(parents=True)
            for file, blob in blobs.items():
                try:
                    with file_in(folder, file).open("wb") as target:
                        self._container.download_blob(blob).readinto(target)
                except ResourceNotFoundError:  # as above
                    raise NothingKept from None

    def _names(self, prefix: str) -> Sequence[str]:
        return list(self._container.list_blob_names(name_starts_with=prefix))

    def _take_away(self, names: Iterable[str]) -> None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415  # as above

        for name in sorted(names, key=lambda one: (not one.endswith(_MANIFEST), one)):
            with suppress(ResourceNotFoundError):  # another has taken it away
                self._container.delete_blob(name)

    def _clear(self, matching: str = "") -> None:
        """Take from this machine all of a matching, and what is old of any."""
        now = self._clock.real().timestamp()
        for folder in compared_in(self._folder).glob("*/*"):
            with suppress(FileNotFoundError):  # another process clears as well
                if folder.parent.name == matching or now - folder.stat().st_mtime > LEFT_BEHIND_SECONDS:
                    shutil.rmtree(folder)


def _place(name: str) -> str:
    return f"{COMPARED}{name}/"
