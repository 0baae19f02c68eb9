"""Where triggers and firings are kept, and how they are found."""

from collections.abc import Iterator

from shared.kernel.documents import LONGEST_ID, Create, Document, Documents, Index, Replace, replacing
from shared.kernel.identity import derived
from shared.kernel.refusals import NotFound
from shared.triggers.firings import Firing
from shared.triggers.model import NoSuchTrigger, TriggerDefinition, TriggerState

STATE = Index("trigger", "state")
"""Which triggers are live; versions of old are of another kind and not among them."""
FIRED_FOR = Index("firing", "resource")
"""What stands on a resource that can no longer say whose it is."""
INDEXES = (STATE, FIRED_FOR)

DEFINITION = "trigger~definition"


def trigger_partition(trigger_id: str) -> str:
    return f"trigger/{trigger_id}"


def version_id(version: int) -> str:
    return f"version~{version}"


def firing_id(trigger_id: str, resource_type: str, resource_id: str) -> str:
    """Name the firing for what it is; where FHIR's longest ids would not fit, by their digest (D4)."""
    spelt = f"firing~{trigger_id}~{resource_type}~{resource_id}"
    return spelt if len(spelt) <= LONGEST_ID else f"firing~{trigger_id}~{derived(resource_type, resource_id)}"


def trigger_at(documents: Documents, trigger_id: str) -> Document[TriggerDefinition]:
    """Read a trigger. Raises `NoSuchTrigger`."""
    try:
        return documents.read(trigger_partition(trigger_id), DEFINITION, TriggerDefinition)
    except NotFound:
        raise NoSuchTrigger from None


def trigger_as_it_was(documents: Documents, trigger_id: str, version: int) -> TriggerDefinition | None:
    """Give a version of a trigger, whatever it has become since; None if it was made before all were kept."""
    found = documents.look(trigger_partition(trigger_id), version_id(version), TriggerDefinition)
    return found.body if found else None


def triggers_in_state(documents: Documents, state: TriggerState) -> Iterator[Document[TriggerDefinition]]:
    """Give all triggers in one state, page after page."""
    after: str | None = None
    while True:
        page = documents.find(STATE, TriggerDefinition, equal_to=state, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def standing_for(documents: Documents, resource: str) -> Iterator[Firing]:
    """Give the firings that stand on a resource (`Observation/8`), whoever's they are."""
    after: str | None = None
    while True:
        page = documents.find(FIRED_FOR, Firing, equal_to=resource, after=after)
        yield from (found.body for found in page.items if found.body.stands)
        after = page.next
        if after is None:
            return


def kept(firing_id: str, before: Document[Firing] | None, firing: Firing) -> Create | Replace:
    """Write a firing: as new, or over what was read."""
    return Create(firing_id, firing) if before is None else replacing(before, firing)
