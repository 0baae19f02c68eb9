"""The acts of room exports, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.acts.export_places import ExportPlaces
from shared.wiring.acts.measures import MeasuresActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.exports.advance_export import AdvanceExportRun
    from shared.exports.ask_for_export import AskForExport
    from shared.exports.list_exports import ListExports
    from shared.exports.put_export import PutExport
    from shared.exports.read_export import ReadExport
    from shared.exports.read_rows import ReadRows


class ExportsActs(MeasuresActs, ExportPlaces):
    """What room exports can do, with what the rooms below it know."""

    @once
    def export_rows(self) -> "ReadRows":
        from shared.exports.consented import Consented
        from shared.exports.read_rows import ReadRows
        from shared.wiring.house_rules import gate_rules

        consented = Consented(
            self.documents,
            self.read_recorded_consents,
            self.contact_keys,
            gate_rules(self.settings.organisation_time_zone).enforcements,
            self.settings.honour_legacy_flags,
        )
        return ReadRows(
            self.documents,
            self.lake,
            self.measure_lake,
            self.read_patient,
            consented,
            self.bring_lake_up_to_date,
        )

    @once
    def put_export(self) -> "PutExport":
        from shared.exports.put_export import PutExport

        return PutExport(self.documents)

    @once
    def read_export(self) -> "ReadExport":
        from shared.exports.read_export import ReadExport

        return ReadExport(self.documents)

    @once
    def list_exports(self) -> "ListExports":
        from shared.exports.list_exports import ListExports

        return ListExports(self.documents)

    @once
    def ask_for_export(self) -> "AskForExport":
        from shared.exports.ask_for_export import AskForExport

        return AskForExport(self.documents)

    @once
    def advance_export(self) -> "AdvanceExportRun":
        from shared.exports.advance_export import AdvanceExportRun

        return AdvanceExportRun(self.documents, self.export_rows, self.export_tables, self.export_files)
