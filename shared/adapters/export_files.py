"""Exports as files in a folder, `{export}/{run}/{name}`."""

from collections.abc import Collection, Sequence
from pathlib import Path

from shared.adapters.parquet_states import force, write_durably
from shared.exports.ports import MANIFEST, ExportFiles
from shared.kernel.identity import IdSource

_UNDER_WAY = ".part"


class FolderExportFiles(ExportFiles):
    """Writes beside the place and renames into it, so that a file is there whole or not at all."""

    def __init__(self, folder: Path, *, ids: IdSource) -> None:
        self._folder = folder
        self._ids = ids

    def put(self, export_id: str, run_id: str, name: str, content: bytes) -> None:
        folder = self._folder / export_id / run_id
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{name}.{self._ids.new()}{_UNDER_WAY}"
        try:
            write_durably(fresh, content)
            fresh.replace(folder / name)
        finally:
            fresh.unlink(missing_ok=True)
        force(folder)

    def runs(self, export_id: str) -> Sequence[str]:
        folder = self._folder / export_id
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ()

    def names(self, export_id: str, run_id: str) -> Sequence[str]:
        folder = self._folder / export_id / run_id
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ()

    def content(self, export_id: str, run_id: str, name: str) -> bytes | None:
        try:
            return (self._folder / export_id / run_id / name).read_bytes()
        except FileNotFoundError:
            return None

    def take_away(self, export_id: str, run_id: str, *, but: Collection[str] = ()) -> None:
        folder = self._folder / export_id / run_id
        names = self.names(export_id, run_id)
        for name in manifest_first(names, but):
            (folder / name).unlink(missing_ok=True)
        if not but and folder.is_dir():
            folder.rmdir()


def manifest_first(names: Sequence[str], but: Collection[str]) -> Sequence[str]:
    """Give what goes, in the order in which it goes."""
    return sorted(set(names) - set(but), key=lambda name: (name != MANIFEST, name))
