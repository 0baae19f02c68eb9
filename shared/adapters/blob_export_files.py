"""Exports as blobs of the lake's container, `exports/{export}/{run}/{name}`."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from shared.adapters.blob_faults import understood
from shared.adapters.export_files import manifest_first
from shared.adapters.parquet_listing import EXPORTS
from shared.exports.ports import ExportFiles

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient


class BlobExportFiles(ExportFiles):
    """Writes each blob with one request or by blocks that are committed together: whole or not at all."""

    def __init__(self, container: "ContainerClient") -> None:
        self._container = container

    def put(self, export_id: str, run_id: str, name: str, content: bytes) -> None:
        with understood():
            self._container.upload_blob(_place(export_id, run_id) + name, content, overwrite=True)

    def runs(self, export_id: str) -> Sequence[str]:
        prefix = f"{EXPORTS}{export_id}/"
        with understood():
            names = list(self._container.list_blob_names(name_starts_with=prefix))
        return sorted({name.removeprefix(prefix).partition("/")[0] for name in names})

    def names(self, export_id: str, run_id: str) -> Sequence[str]:
        prefix = _place(export_id, run_id)
        with understood():
            names = list(self._container.list_blob_names(name_starts_with=prefix))
        return sorted(name.removeprefix(prefix) for name in names)

    def content(self, export_id: str, run_id: str, name: str) -> bytes | None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415  # loaded with the client

        with understood():
            try:
                return self._container.download_blob(_place(export_id, run_id) + name).readall()
            except ResourceNotFoundError:
                return None

    def take_away(self, export_id: str, run_id: str, *, but: Collection[str] = ()) -> None:
        from azure.core.exceptions import ResourceNotFoundError  # noqa: PLC0415  # loaded with the client

        for name in manifest_first(self.names(export_id, run_id), but):
            with understood(), suppress(ResourceNotFoundError):  # another has taken it away
                self._container.delete_blob(_place(export_id, run_id) + name)


def _place(export_id: str, run_id: str) -> str:
    return f"{EXPORTS}{export_id}/{run_id}/"
