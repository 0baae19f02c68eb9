"""The acts of room audit, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.audit.keep_audit import KeepAudit
    from shared.audit.list_audit import ListAudit


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
