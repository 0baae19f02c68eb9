"""What the standard tier takes of one message."""

from tests.stand_ins.service_bus.messages import LARGEST_MESSAGE, Kept
from tests.stand_ins.service_bus.refusals import id_too_long, no_session_named, too_large

LONGEST_ID = 128


def refuse_what_breaks_limits(message: Kept, *, requires_session: bool) -> None:
    """Raise `Refused` for what is too large, has too long an id, or names no session where it must."""
    if message.size > LARGEST_MESSAGE:
        raise too_large(message.size, LARGEST_MESSAGE)
    if requires_session and message.session is None:
        raise no_session_named()
    for name, value in (("message", message.message_id), ("session", message.session)):
        if value is not None and len(value) > LONGEST_ID:
            raise id_too_long(name, LONGEST_ID)
