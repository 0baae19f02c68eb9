"""Where exports lie: asked for by who makes them, and by who erases somebody."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.exports.forget_in_exports import ForgetInExports
    from shared.exports.ports import ExportFiles, ExportTables


class ExportPlaces(Ports):
    """The files of exports, and how they are spelt."""

    @once
    def export_files(self) -> "ExportFiles":
        if self.settings.lake == "blob":
            from shared.adapters.blob_export_files import BlobExportFiles

            return BlobExportFiles(self.azure.lake_container)
        from shared.adapters.export_files import FolderExportFiles

        return FolderExportFiles(self.folder / "exports", ids=self.ids)

    @once
    def export_tables(self) -> "ExportTables":
        from shared.adapters.export_tables import SpellsTables

        return SpellsTables()

    @once
    def forget_in_exports(self) -> "ForgetInExports":
        from shared.exports.forget_in_exports import ForgetInExports

        return ForgetInExports(self.documents, self.export_files, self.export_tables)
