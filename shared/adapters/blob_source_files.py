"""What sources have put down in Azure Blob Storage: a machine fetches each file once, and reads it there."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shared.adapters.blob_faults import understood
from shared.adapters.parquet_states import force
from shared.adapters.source_files import is_readable, rows_of
from shared.kernel.identity import IdSource, derived
from shared.kernel.refusals import LostRace
from shared.matching.ports import SourceFiles

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient


class BlobSourceFiles(SourceFiles):
    """The blobs `{source}/{name}` of a container, in order of their names.

    What was fetched before and has not changed since (ETag, RFC 9110 §8.8.3) is not fetched again, and what
    is not there any more goes from the folder too. A blob that is written over meanwhile makes the reader
    begin anew.
    """

    def __init__(self, container: "ContainerClient", folder: Path, *, ids: IdSource) -> None:
        self._container = container
        self._folder = folder
        self._ids = ids

    def rows(self, source_id: str, columns: Sequence[str]) -> Iterator[Mapping[str, str]]:
        with understood():
            files = self._brought(source_id)
        yield from rows_of(files, columns)

    def _brought(self, source_id: str) -> Sequence[Path]:
        folder = self._folder / source_id
        folder.mkdir(parents=True, exist_ok=True)
        blobs = sorted(
            (str(blob.name), str(blob.etag))
            for blob in self._container.list_blobs(name_starts_with=f"{source_id}/")
            if is_readable(str(blob.name))
        )
        files = [folder / f"{derived(name, etag)}{Path(name).suffix}" for name, etag in blobs]
        for (name, etag), file in zip(blobs, files, strict=True):
            if not file.exists():
                self._fetch(name, etag, file)
        for left in set(folder.iterdir()) - set(files):
            left.unlink(missing_ok=True)
        return files

    def _fetch(self, name: str, etag: str, file: Path) -> None:
        """Let a file appear in the folder whole or not at all."""
        from azure.core import MatchConditions  # noqa: PLC0415  # loaded with the container's client
        from azure.core.exceptions import ResourceModifiedError  # noqa: PLC0415  # as above

        fresh = file.with_suffix(f".{self._ids.new()}.part")
        try:
            with fresh.open("wb") as target:
                unchanged = MatchConditions.IfNotModified
                self._container.download_blob(name, etag=etag, match_condition=unchanged).readinto(target)
            force(fresh)
            fresh.replace(file)
        except ResourceModifiedError:
            raise LostRace from None
        finally:
            fresh.unlink(missing_ok=True)
