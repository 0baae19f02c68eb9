"""Where custom triggers and their events are kept, and how they are found."""

from shared.kernel.documents import Document, Documents, Index
from shared.kernel.identity import derived
from shared.kernel.refusals import NotFound
from shared.triggers.custom import CustomTrigger, NoSuchCustomTrigger

CUSTOM_STATE = Index("custom", "state")
"""All custom triggers, by their state; versions of old are of another kind and not among them."""

CURRENT = "custom~current"


def custom_partition(trigger_id: str) -> str:
    return f"custom-trigger/{trigger_id}"


def version_id(version: int) -> str:
    return f"version~{version}"


def event_id(trigger_id: str, key: str) -> str:
    """Name an event for what it is: this trigger's, and its source's own key for it."""
    return f"event~{trigger_id}~{derived(key)}"


def custom_trigger_at(documents: Documents, trigger_id: str) -> Document[CustomTrigger]:
    """Read a custom trigger. Raises `NoSuchCustomTrigger`."""
    try:
        return documents.read(custom_partition(trigger_id), CURRENT, CustomTrigger)
    except NotFound:
        raise NoSuchCustomTrigger from None
