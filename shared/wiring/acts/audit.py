"""The acts of room audit, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.audit.export_audit import ExportAudit
    from shared.audit.keep_audit import KeepAudit
    from shared.audit.list_audit import ListAudit
    from shared.audit.list_own_audit import ListOwnAudit


class AuditActs(Ports):
    """What room audit can do."""

    @once
    def keep_audit(self) -> "KeepAudit":
        from shared.audit.keep_audit import KeepAudit

        return KeepAudit(self.documents)

    @once
    def list_audit(self) -> "ListAudit":
        from shared.audit.list_audit import ListAudit

        return ListAudit(self.documents)

    @once
    def export_audit(self) -> "ExportAudit":
        from shared.audit.export_audit import ExportAudit

        settings = self.settings
        return ExportAudit(self.list_audit, settings.organisation_name, settings.public_address)

    @once
    def list_own_audit(self) -> "ListOwnAudit":
        from shared.audit.list_own_audit import ListOwnAudit

        return ListOwnAudit(self.list_audit)
