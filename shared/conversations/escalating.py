"""A bot hands over: the queue is chosen, and looked at, before anything is decided (BH-4, BH-7, RT-2)."""

from datetime import datetime, timedelta

from shared.conversations.bot.model import Escalate
from shared.conversations.decision import Decision
from shared.conversations.handing_over import escalated
from shared.conversations.model import TooManyWait
from shared.conversations.opening_hours import hours_at
from shared.conversations.plain_words import merged
from shared.conversations.workstreams import workstream_of
from shared.kernel.documents import Documents
from shared.routing.documents import is_full_of_unknown
from shared.routing.workstreams import queue_for

COME_AGAIN_IN = timedelta(minutes=2)


def handed_over(documents: Documents, decision: Decision, command: Escalate, now: datetime) -> Decision:
    """Let it wait for a person. Raises `TooManyWait` to a visitor where too many of them wait there already.

    They are counted where they wait, a moment late: a bound on a flood, and not a limit to the last visitor.
    """
    before = decision.conversation
    workstream = workstream_of(documents, before.workstream_id)
    known = merged(before.context.value, command.context)
    queue_id = queue_for(workstream, known.value)
    is_known = before.patient_id is not None
    if not is_known and is_full_of_unknown(documents, queue_id, workstream.most_anonymous):
        raise TooManyWait(retry_after=COME_AGAIN_IN)
    hours = hours_at(documents, queue_id, now, is_known=is_known)
    decision = decision.standing(before.learning(known))
    return escalated(decision, workstream, queue_id, hours, command.summary, now)
