"""The acts of room insights, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.insights.read_kpis import ReadKpis


class InsightsActs(Ports):
    """What room insights can do."""

    @once
    def read_kpis(self) -> "ReadKpis":
        from shared.insights.read_kpis import ReadKpis

        return ReadKpis(self.documents)
