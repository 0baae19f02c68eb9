"""Put what became of a message or an invitation to a survey into the patient's timeline (UN-13, CH-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from shared.activities.activity_types import ActivityType
from shared.activities.house_types import MESSAGES, MESSAGES_STOPPED, MESSAGES_USED, SURVEYS
from shared.activities.model import Happening
from shared.activities.telling import told
from shared.kernel.documents import Create
from shared.messaging.model import MessageMoved, MessageState, MessageUsed, SendMessage
from shared.messaging.ports import Chronicle

EVENTS: Mapping[MessageState, str] = MappingProxyType(
    {
        MessageState.ACCEPTED: "sent",
        MessageState.DELIVERED: "delivered",
        MessageState.BOUNCED: "bounced",
        MessageState.REFUSED: "refused",
    }
)
"""What is told of a message; that it waits, or may have been sent, is the house's own affair."""
STOPPED = frozenset({MessageState.BOUNCED, MessageState.REFUSED})
OF_SURVEYS = "survey~"


@dataclass(frozen=True, slots=True)
class NoteMessage(Chronicle):
    """Each state of a message is an activity of its own, written beside the message in one commit.

    Which channel, and why it was stopped, is for all staff; which template or survey it was is for clinical
    staff only, since its name may be that of an illness. That nothing was sent is not shown to the patient.
    """

    def __call__(self, asked: SendMessage, moved: MessageMoved, *, now: datetime) -> Sequence[Create]:
        event = EVENTS.get(moved.state)
        if event is None:
            return ()
        happening = Happening(
            key=f"{asked.message_id}~{event}",
            patient_id=asked.patient_id,
            at=moved.at,
            as_of=moved.at,
            event=event,
            detail=asked.channel.value if moved.reason is None else f"{asked.channel.value}: {moved.reason}",
            about=_about(asked),
        )
        return _created(happening, _type_of(asked, moved), now)

    def of_use(self, asked: SendMessage, used: MessageUsed, *, now: datetime) -> Sequence[Create]:
        """Tell staff that it was used; what a link is called may be an illness too."""
        happening = Happening(
            key=used.event,
            patient_id=asked.patient_id,
            at=used.at,
            as_of=used.at,
            event=used.interaction,
            detail=asked.channel.value,
            about=_about(asked) if used.link is None else f"{_about(asked)}: {used.link}",
        )
        return _created(happening, MESSAGES_USED, now)


def _created(happening: Happening, of: ActivityType, now: datetime) -> Sequence[Create]:
    changes = told(happening, of, None, None, now).changes
    return [change for change in changes if isinstance(change, Create)]


def _type_of(asked: SendMessage, moved: MessageMoved) -> ActivityType:
    if moved.state in STOPPED:
        return MESSAGES_STOPPED
    return SURVEYS if asked.because.startswith(OF_SURVEYS) else MESSAGES


def _about(asked: SendMessage) -> str:
    if asked.because.startswith(OF_SURVEYS):
        return asked.because.rpartition("~")[0].replace("~", "/", 1)
    return f"template/{asked.template_id}"
