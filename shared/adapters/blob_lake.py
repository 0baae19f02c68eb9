"""The lake in Azure Blob Storage; a machine fetches its files once, and asks them there (D8a)."""

import os
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from shared.adapters.blob_faults import understood
from shared.adapters.parquet_lake import ParquetLake
from shared.adapters.parquet_listing import (
    KEPT,
    LEFT_ALONE_SECONDS,
    NOT_OURS,
    Listing,
    Shelf,
    name_of,
    number_of,
    read,
    spelt,
)
from shared.adapters.parquet_states import force
from shared.kernel.identity import IdSource, RandomIds
from shared.kernel.refusals import LostRace, TransientFault

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.storage.blob import ContainerClient

MOST_FETCHED = 1_000_000_000
"""Bytes of files kept in the folder beside those that are being read."""
_WAIT_SECONDS = 20
_TRIES_AGAIN_AFTER_SECONDS = 1


class BlobLake(ParquetLake):
    """A lake whose files and lists lie in a container, for many machines; each has a folder of its own.

    The folder holds nothing that the container does not, and may be taken away between two questions.
    """

    def __init__(
        self,
        container: "ContainerClient",
        folder: Path,
        *,
        ids: IdSource | None = None,
        most_fetched: int = MOST_FETCHED,
    ) -> None:
        ids = ids or RandomIds()
        super().__init__(folder, ids=ids, shelf=BlobShelf(container, folder, ids=ids, most=most_fetched))


class BlobShelf(Shelf):
    """Keeps the files and lists as blobs that are written once; the service's own clock tells their age."""

    def __init__(self, container: "ContainerClient", folder: Path, *, ids: IdSource, most: int) -> None:
        self._container = container
        self._folder = folder
        self._ids = ids
        self._most = most

    def latest(self) -> Listing:
        with understood():
            names = self._lists()
            return self._read(names[-1]) if names else Listing()

    def bring(self, files: Collection[str]) -> None:
        with understood():
            for file in files:
                if not self._is_here(file):
                    self._fetch(file)
        self._make_room(files)

    def put(self, file: str) -> None:
        with understood(), (self._folder / file).open("rb") as content:
            self._is_new(file, content)

    def keep(self, listing: Listing) -> None:
        """Make the list; one that is there already is ours where an answer was lost and we asked again."""
        whole = spelt(listing, made=self._ids.new())
        name = name_of(listing.number)
        with understood():
            if not self._is_new(name, whole) and self._content(name) != whole:
                raise LostRace

    def sweep(self) -> None:
        """Take away what is old; what could not be taken away now goes after the next write."""
        try:
            with understood():
                self._sweep()
        except TransientFault:
            return

    def _lists(self) -> list[str]:
        return sorted(self._container.list_blob_names(name_starts_with="list-"))

    def _read(self, name: str) -> Listing:
        return read(number_of(name), self._content(name))

    def _content(self, name: str) -> bytes:
        return self._container.download_blob(name).readall()

    def _is_new(self, name: str, content: bytes | BinaryIO) -> bool:
        """Write a blob under a name that must be free (If-None-Match: *); say whether it was."""
        from azure.core.exceptions import (  # noqa: PLC0415  # loaded with the container's client
            ResourceExistsError,
            ResourceModifiedError,
        )

        try:
            self._container.upload_blob(name, content, overwrite=False)
        except (ResourceExistsError, ResourceModifiedError):
            return False
        return True

    def _is_here(self, file: str) -> bool:
        """Say whether a file lies in the folder, and note that it was wanted now."""
        try:
            os.utime(self._folder / file)
        except FileNotFoundError:
            return False
        return True

    def _fetch(self, file: str) -> None:
        """Let a file appear in the folder whole or not at all."""
        path = self._folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{self._ids.new()}.part")
        try:
            with fresh.open("wb") as target:
                self._container.download_blob(file).readinto(target)
            force(fresh)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)

    def _make_room(self, wanted: Collection[str]) -> None:
        """Take away what was wanted longest ago, as far as there is more than may lie here."""
        with suppress(FileNotFoundError):  # another question makes room at the same time
            held = [(path.stat(), path) for path in self._folder.glob("*/*.parquet")]
            spare = sum(told.st_size for told, _ in held) - self._most
            for told, path in sorted(held, key=lambda one: one[0].st_mtime):
                if spare > 0 and str(path.relative_to(self._folder)) not in wanted:
                    path.unlink()
                    spare -= told.st_size

    def _sweep(self) -> None:
        names = self._lists()
        for name in names[:-KEPT]:
            self._take_away(name)
        named = {file for name in names[-KEPT:] for file in self._read(name).all_files}
        all_blobs = self._container.list_blobs()
        born = {str(blob.name): _born(blob) for blob in all_blobs if not str(blob.name).startswith(NOT_OURS)}
        now = max(born.values())
        for name, at in born.items():
            is_data = name.endswith(".parquet")
            if is_data and name not in named and (now - at).total_seconds() > LEFT_ALONE_SECONDS:
                self._take_away(name)

    def _take_away(self, name: str) -> None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415  # as above

        with suppress(ResourceNotFoundError):  # another who sweeps was faster
            self._container.delete_blob(name)


def _born(blob: Any) -> datetime:
    """Give when a blob was written; the library leaves its type open."""
    return blob.last_modified


def container_client(
    endpoint: str, container: str, credential: "TokenCredential", **transport: Any
) -> "ContainerClient":
    """Give the client of a storage account's container, which asks by the application's identity.

    It tries once more, soon: a connection that lay idle may have been closed. What lasts longer the edge
    waits out (D6). Whoever asks for it closes it.
    """
    from azure.storage.blob import ContainerClient, LinearRetry  # noqa: PLC0415  # 150 ms that only a lake costs

    retry = LinearRetry(backoff=_TRIES_AGAIN_AFTER_SECONDS, retry_total=1, random_jitter_range=0)
    waits = {"connection_timeout": _WAIT_SECONDS, "read_timeout": _WAIT_SECONDS}
    manners: dict[str, Any] = {"retry_policy": retry, **waits, **transport}
    return ContainerClient(endpoint, container, credential=credential, **manners)
