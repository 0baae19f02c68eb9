"""The types of what our own flows do; nobody else speaks in their name."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.activities.activity_types import ActivityType, Fields
from shared.activities.definitions import OUR_OWN
from shared.activities.documents import CURRENT, type_partition
from shared.activities.model import Kind
from shared.kernel.documents import Documents

_READ_FROM_FACTS = Fields("id", "patient_id", "at", "happened")


def _ours(type_id: str, name: str, kind: Kind, *, for_patients: bool = True) -> ActivityType:
    return ActivityType(
        id=type_id,
        version=1,
        name=name,
        source=OUR_OWN,
        kind=kind,
        fields=_READ_FROM_FACTS,
        is_clinical=False,
        for_patients=for_patients,
    )


APPOINTMENTS = _ours("house-appointments", "Appointment", "appointment")
CONVERSATIONS = _ours("house-conversations", "Conversation", "conversation")
MESSAGES = _ours("house-messages", "Message", "message")
MESSAGES_STOPPED = _ours("house-messages-stopped", "Message that was not sent", "message", for_patients=False)
MESSAGES_USED = _ours("house-messages-used", "Message opened or clicked", "message", for_patients=False)
SURVEYS = _ours("house-surveys", "Survey", "survey")
HOUSE_TYPES: Mapping[str, ActivityType] = MappingProxyType(
    {one.id: one for one in (APPOINTMENTS, CONVERSATIONS, MESSAGES, MESSAGES_STOPPED, MESSAGES_USED, SURVEYS)}
)


def type_now(documents: Documents, type_id: str) -> ActivityType | None:
    """Give a type as it is now, ours or another's; None where there is none."""
    found = documents.look(type_partition(type_id), CURRENT, ActivityType)
    return found.body if found else HOUSE_TYPES.get(type_id)
