"""Every conversation in a legal state, owned once, told without gaps; and nobody's capacity lost."""

from collections import Counter
from collections.abc import Iterator

from shared.conversations.activities import Activity
from shared.conversations.conversation import Conversation
from shared.conversations.documents import STATE, activities_after, conversation_at
from shared.conversations.lifecycle import FIRST, TABLE, WAITING
from shared.routing.documents import PRESENCE, representatives_found, waiting_in
from shared.routing.representatives import Representative
from shared.wiring.composition import Application
from tests.support.five_flows_evidence import Evidence
from tests.support.five_flows_patients import Talk

LEGAL = {FIRST, *TABLE.values()}
QUEUES = ("patient-services", "medication-refills")


def findings(evidence: Evidence, house: Application) -> Iterator[str]:
    """Name what is wrong with conversations and the people who hold them."""
    talks = {talk.conversation_id: talk for patient in evidence.patients for talk in patient.talks}
    found = every_conversation(house)
    if set(found) != set(talks):
        yield f"{len(talks)} conversations were opened, and {len(found)} are there"
    for id_, conversation in found.items():
        yield from (f"conversation {id_[:8]}: {wrong}" for wrong in _standing(conversation))
        yield from (f"conversation {id_[:8]}: {wrong}" for wrong in _told(house, talks[id_], conversation))
    yield from _in_hand(evidence, house, found)
    yield from _waiting(house, found)
    yield from _said(evidence, house)
    board = {one["conversation_id"]: (one["state"], one["owner_kind"]) for one in evidence.board}
    if board != {id_: one.lifecycle for id_, one in found.items()} or len(board) != len(evidence.board):
        yield "the board shows something else"


def every_conversation(house: Application) -> dict[str, Conversation]:
    """Give all conversations, by their ids."""
    page = house.documents.find(STATE, Conversation, limit=1000)
    return {one.body.id: one.body for one in page.items}


def _standing(one: Conversation) -> Iterator[str]:
    if one.lifecycle not in LEGAL:
        yield f"stands as {one.lifecycle}"
    if (one.closed_at is not None) != one.is_closed or (one.is_closed and one.closure_reason is None):
        yield "is half closed"
    if (one.owner.kind == "representative") and one.owner.id != one.served_by:
        yield "is owned by one and served by another"
    if one.offered_to is not None and one.lifecycle != WAITING:
        yield "is offered though it does not wait"


def _told(house: Application, talk: Talk, conversation: Conversation) -> Iterator[str]:
    """Compare the transcript with what the patient's program posted and read."""
    said = transcript(house, talk.conversation_id)
    if [one.sequence for one in said] != list(range(1, conversation.next_sequence)):
        yield "the transcript has gaps"
    roles = [one.author.role for one in said]
    if "system" in roles and "bot" in roles[roles.index("system") :]:
        yield "the bot spoke after it was handed over, or had ended"
    kept = [(one.client_id, f"{talk.conversation_id}|{one.sequence:07d}") for one in said if one.client_id]
    if kept != [(name, taken) for name, taken in talk.taken.items() if taken is not None]:
        yield f"the patient posted {talk.taken}, and {kept} was kept"
    shown = [f"{talk.conversation_id}|{one.sequence:07d}" for one in said if one.for_patient]
    if [one["id"] for one in talk.heard] != shown:
        yield "the patient has read something else, by watermark"
    ends = [one for one in said if one.type == "endOfConversation" and one.author.role == "system"]
    if len(ends) != (conversation.state in ("wrap_up", "closed")):
        yield f"its end was told {len(ends)} times"


def transcript(house: Application, conversation_id: str) -> list[Activity]:
    page = activities_after(house.documents, conversation_id, 0, limit=1000)
    return [one.body for one in page.items]


def _text(one: Activity) -> str | None:
    return one.words.text.value if one.words.text else None


def _in_hand(evidence: Evidence, house: Application, found: dict[str, Conversation]) -> Iterator[str]:
    """Compare what representatives hold with what is theirs."""
    owned = {id_: one.owner.id for id_, one in found.items() if one.owner.kind == "representative"}
    held: Counter[tuple[str, str]] = Counter()
    for one in _representatives(house):
        if any(holding.state == "reserved" for holding in one.holdings):
            yield f"{one.subject} still keeps room for an offer"
        held.update((holding.work_id, str(one.id)) for holding in one.holdings)
        work = evidence.work[one.subject]
        if work["units_used"] != sum(owner == one.id for owner in owned.values()):
            yield f"{one.subject} uses {work['units_used']} units"
    if held != Counter(owned.items()):
        yield f"held is {sorted(held)}, and owned is {sorted(owned.items())}"


def _representatives(house: Application) -> list[Representative]:
    return [one.body for one in representatives_found(house.documents, PRESENCE)]


def _waiting(house: Application, found: dict[str, Conversation]) -> Iterator[str]:
    waits = {(id_, one.round, one.queue_id) for id_, one in found.items() if one.lifecycle == WAITING}
    queued = [each.body for queue in QUEUES for each in waiting_in(house.documents, queue)]
    in_queues = Counter((each.work_id, each.round, each.queue_id) for each in queued)
    if in_queues != Counter(waits):
        yield f"in queues is {sorted(in_queues)}, and {len(waits)} wait"


def _said(evidence: Evidence, house: Application) -> Iterator[str]:
    """Compare the transcripts with what representatives were told to have said."""
    for one in evidence.desk:
        for (work_id, text), sequence in one.said.items():
            kept = [each.sequence for each in transcript(house, work_id) if _text(each) == text]
            if kept != [sequence]:
                yield f"conversation {work_id[:8]}: {one.name} spoke at {sequence}, kept at {kept}"
            if conversation_at(house.documents, work_id).body.served_by is None:
                yield f"conversation {work_id[:8]}: {one.name} spoke, and nobody served it"
