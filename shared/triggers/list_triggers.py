"""Show the triggers there are."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.triggers.documents import STATE
from shared.triggers.model import TriggerDefinition, TriggerState


@dataclass(frozen=True, slots=True)
class WhichTriggers:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: TriggerState | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class TriggersFound:
    """One page of triggers."""

    triggers: tuple[TriggerDefinition, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListTriggers:
    """Gives triggers in order of their state, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichTriggers) -> TriggersFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(
            STATE, TriggerDefinition, equal_to=which.state, limit=limit, after=which.after
        )
        return TriggersFound(tuple(found.body for found in page.items), page.next)
