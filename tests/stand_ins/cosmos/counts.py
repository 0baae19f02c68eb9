"""What was asked, and what it would have cost."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Count:
    """Of one kind of operation on one container; status 0 is a connection that was dropped."""

    requests: int = 0
    charge: float = 0.0
    documents: int = 0
    looked_at: int = 0
    statuses: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def shown(self) -> dict[str, Any]:
        statuses = {str(status): times for status, times in sorted(self.statuses.items())}
        return {
            "requests": self.requests,
            "charge": round(self.charge, 2),
            "documents": self.documents,
            "looked_at": self.looked_at,
            "statuses": statuses,
        }


@dataclass(slots=True)
class Counts:
    """All counts since the start or the last reset."""

    of: dict[tuple[str, str], Count] = field(default_factory=lambda: defaultdict(Count))

    def add(self, container: str, kind: str, status: int, charge: float) -> Count:
        """Count a request."""
        count = self.of[container, kind]
        count.requests += 1
        count.charge += charge
        count.statuses[status] += 1
        return count

    def shown(self) -> dict[str, dict[str, Any]]:
        """Give them by container and kind."""
        found: dict[str, dict[str, Any]] = {}
        for (container, kind), count in sorted(self.of.items()):
            found.setdefault(container, {})[kind] = count.shown()
        return found

    def reset(self) -> None:
        self.of.clear()
