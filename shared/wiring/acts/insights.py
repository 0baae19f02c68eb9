"""The acts of room insights, each built when first asked for."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.insights.read_kpis import ReadKpis


class InsightsActs(Ports):
    """What room insights can do."""

    @cached_property
    def read_kpis(self) -> "ReadKpis":
        from shared.insights.read_kpis import ReadKpis

        return ReadKpis(self.documents)
