"""Show the custom triggers there are."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.triggers.custom import CustomTrigger
from shared.triggers.custom_documents import CUSTOM_STATE
from shared.triggers.list_triggers import WhichTriggers


@dataclass(frozen=True, slots=True)
class CustomTriggersFound:
    """One page of custom triggers."""

    triggers: tuple[CustomTrigger, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListCustomTriggers:
    """Gives custom triggers in order of their state, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichTriggers) -> CustomTriggersFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(
            CUSTOM_STATE, CustomTrigger, equal_to=which.state, limit=limit, after=which.after
        )
        return CustomTriggersFound(tuple(found.body for found in page.items), page.next)
