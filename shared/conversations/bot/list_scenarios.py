"""Show the scenarios there are."""

from dataclasses import dataclass

from shared.conversations.bot.documents import STATE
from shared.conversations.bot.model import Scenario, ScenarioState
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class WhichScenarios:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: ScenarioState | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ScenariosFound:
    """One page of scenarios."""

    scenarios: tuple[Scenario, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListScenarios:
    """Gives scenarios in order of their state, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichScenarios) -> ScenariosFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(STATE, Scenario, equal_to=which.state, limit=limit, after=which.after)
        return ScenariosFound(tuple(found.body for found in page.items), page.next)
