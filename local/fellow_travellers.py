"""Who else must know that business time has been moved: a broker that keeps what is due later (D14).

Embedded queues ask the host's own clock. A broker has one of its own, and a broker made for tests lets it be
moved: it is told how far business time is ahead of the machine's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from shared.kernel.clock import MovableClock

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class FellowTravellers:
    """Tells others how far business time is ahead, before anything that has become due begins."""

    addresses: Sequence[str]
    clock: MovableClock

    def __call__(self) -> None:
        """Tell all of them. Raises `httpx.HTTPError`: with half of the house left behind nothing is right."""
        now = {"ahead_by_seconds": self.clock.ahead_by.total_seconds()}
        for address in self.addresses:
            answer = httpx.post(address, json={"now": now}, timeout=PATIENCE_SECONDS, trust_env=False)
            answer.raise_for_status()
