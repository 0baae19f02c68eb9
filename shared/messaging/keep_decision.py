"""Write down what was decided about a message, with all that goes with it at its contact point."""

from shared.kernel.documents import Change, Document, Documents, Replace, replacing
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.messaging.decision import Decision
from shared.messaging.documents import (
    frequency_of,
    suppressing,
    suppression_of,
    telling,
    uncounting,
)
from shared.messaging.model import BounceCategory, MessageState, Purpose
from shared.messaging.suppression import Suppression, after_bounce

_NOBODY_GOT_IT = {MessageState.REFUSED, MessageState.HELD}


def keep_decision(
    documents: Documents, found: Document[Decision], after: Decision, *, comes_again: bool = False
) -> Document[Decision]:
    """Commit a decision over the one that was read. Raises `LostRace` where anything has moved since.

    Whose message `comes_again` by itself is not announced anew: it would come at once, wait or no wait.
    """
    written = replacing(found, after)
    try:
        etags = documents.commit(
            found.partition,
            changes=[written, *_uncounted(documents, after), *_held_against(documents, after)],
            announcements=telling(written, after, comes_again=comes_again),
        )
    except AlreadyExists:  # the first thing that ever came back from this address came twice at once
        raise LostRace from None
    return Document(found.partition, found.id, written.version, etags[found.id], after)


def _uncounted(documents: Documents, after: Decision) -> tuple[Replace, ...]:
    """Take what is not sent, or not yet, out of the commercial messages that were."""
    if after.state not in _NOBODY_GOT_IT or after.purpose is not Purpose.COMMERCIAL:
        return ()
    return uncounting(frequency_of(documents, after.order.contact), after.order.message_id)


def _held_against(documents: Documents, after: Decision) -> tuple[Change, ...]:
    """Let a provider's refusal count against the address as a bounce does (CO-13)."""
    if not isinstance(after.reason, BounceCategory):
        return ()
    found = suppression_of(documents, after.order.contact)
    former = found.body if found else Suppression(after.order.contact)
    return suppressing(found, after_bounce(former, after.reason, after.moved_at))
