"""The types of what our own flows do: there is nothing to keep, and nobody else speaks in their name."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.activities.activity_types import ActivityType, Fields
from shared.activities.definitions import OUR_OWN
from shared.activities.documents import CURRENT, type_partition
from shared.kernel.documents import Documents

_READ_FROM_FACTS = Fields("id", "patient_id", "at", "happened")
APPOINTMENTS = ActivityType(
    id="house-appointments",
    version=1,
    name="Appointment",
    source=OUR_OWN,
    kind="appointment",
    fields=_READ_FROM_FACTS,
    is_clinical=False,
    for_patients=True,
)
CONVERSATIONS = ActivityType(
    id="house-conversations",
    version=1,
    name="Conversation",
    source=OUR_OWN,
    kind="conversation",
    fields=_READ_FROM_FACTS,
    is_clinical=False,
    for_patients=True,
)
HOUSE_TYPES: Mapping[str, ActivityType] = MappingProxyType(
    {one.id: one for one in (APPOINTMENTS, CONVERSATIONS)}
)


def type_now(documents: Documents, type_id: str) -> ActivityType | None:
    """Give a type as it is now, ours or another's; None where there is none."""
    if type_id in HOUSE_TYPES:
        return HOUSE_TYPES[type_id]
    found = documents.look(type_partition(type_id), CURRENT, ActivityType)
    return found.body if found else None
