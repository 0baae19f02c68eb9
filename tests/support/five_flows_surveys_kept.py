"""Every closed conversation is asked about once, every answer counted once, every low score looked after."""

from collections import Counter
from collections.abc import Iterator

from shared.conversations.conversation import Conversation
from shared.messaging.documents import message_at
from shared.messaging.model import MessageState
from shared.surveys.documents import ASKED_ABOUT, response_of, tallies_of
from shared.surveys.model import RATINGS, Invitation, Response
from shared.surveys.tallies import together
from shared.tasks.documents import PATIENT, KeptTask
from shared.tasks.model import Task
from shared.wiring.composition import Application
from tests.support.five_flows_evidence import Evidence
from tests.support.five_flows_scene import SURVEY
from tests.support.five_flows_talks_kept import every_conversation, transcript

_LOW = 3


def findings(evidence: Evidence, house: Application) -> Iterator[str]:
    """Name what is wrong with invitations, answers, counts and tasks."""
    found = every_conversation(house)
    closed = {id_: one for id_, one in found.items() if one.is_closed and one.survey_id and one.patient_id}
    invitations = [one.body for one in house.documents.find(ASKED_ABOUT, Invitation, limit=1000).items]
    asked = Counter(one.conversation_id for one in invitations)
    if asked != Counter(list(closed)):
        wrong = {id_[:8]: asked[id_] for id_ in {*asked, *closed} if asked[id_] != (id_ in closed)}
        yield f"of {len(closed)} closed conversations these were not asked about once: {wrong}"
    yield from _messages(evidence, house, invitations)
    responses = {one.id: answer for one in invitations if (answer := response_of(house.documents, one))}
    yield from _answers(evidence, invitations, responses)
    yield from _counts(evidence, house, len(invitations), responses)
    yield from _ratings(found, responses)
    yield from _tasks(house, found, responses)


def _messages(evidence: Evidence, house: Application, invitations: list[Invitation]) -> Iterator[str]:
    given = Counter(because for _, because, _ in evidence.sent if because.startswith("survey~"))
    due = Counter(f"survey~{SURVEY}~{one.id}" for one in invitations)
    if given != due:
        yield f"invitations were sent {sorted((given - due).items())} too often, {sorted(due - given)} never"
    for one in invitations:
        if one.message_id is None:
            yield f"invitation {one.id[:8]} has no message"
            continue
        message = message_at(house.documents, one.patient_id, one.message_id).body
        if message.state not in (MessageState.ACCEPTED, MessageState.DELIVERED):
            yield f"invitation {one.id[:8]}: its message is {message.state}"


def _answers(
    evidence: Evidence, invitations: list[Invitation], responses: dict[str, Response]
) -> Iterator[str]:
    """Compare what was kept with what patients have sent; of two at once either may be first."""
    sent = [
        (patient.person.id, ratings) for patient in evidence.patients for ratings in patient.answered.values()
    ]
    if len(sent) != len(responses):
        yield f"{len(sent)} invitations were answered, and {len(responses)} answers are there"
    for invitation in invitations:
        answer = responses.get(invitation.id)
        if (answer is not None) != (invitation.state == "responded"):
            yield f"invitation {invitation.id[:8]} is {invitation.state}"
        if answer is not None and not any(
            one == answer.patient_id and answer.satisfaction.value in ratings for one, ratings in sent
        ):
            yield f"invitation {invitation.id[:8]}: what is kept was not the first answer"


def _counts(
    evidence: Evidence, house: Application, invited: int, responses: dict[str, Response]
) -> Iterator[str]:
    given = Counter(one.satisfaction.value for one in responses.values())
    ratings = tuple(given[rating] for rating in RATINGS)
    counted = together(tallies_of(house.documents, SURVEY))
    if (counted.invited, counted.failed, counted.ratings) != (invited, 0, ratings):
        yield f"counted are {counted}, there are {invited} invited and {ratings}"
    shown = evidence.results
    if (shown["invited"], tuple(shown["distribution"])) != (counted.invited, counted.ratings):
        yield f"shown is {shown}, counted {counted}"


def _ratings(found: dict[str, Conversation], responses: dict[str, Response]) -> Iterator[str]:
    given = {one.conversation_id: one.satisfaction.value for one in responses.values()}
    kept = {id_: one.satisfaction.value for id_, one in found.items() if one.satisfaction is not None}
    if kept != given:
        yield f"{len(given)} conversations were rated, {len(kept)} know of it"


def _tasks(
    house: Application, found: dict[str, Conversation], responses: dict[str, Response]
) -> Iterator[str]:
    """Compare the tasks that are there with those that must be."""
    low = Counter(f"survey~{SURVEY}~{id_}" for id_, one in responses.items() if one.satisfaction.value < _LOW)
    in_vain = Counter(f"conversation~{id_}" for id_, one in found.items() if _waited_in_vain(house, one))
    for code, due in (("low-satisfaction", low), ("call-back", in_vain)):
        there = Counter(task.because for task in every_task(house) if task.code == code)
        if there != due:
            yield f"{code}: {sum(due.values())} tasks are due, {sum(there.values())} are there"


def _waited_in_vain(house: Application, one: Conversation) -> bool:
    """Say whether silence closed it while it waited."""
    roles = {said.author.role for said in transcript(house, one.id)}
    return (
        one.closure_reason == "AutoClose"
        and one.is_closed
        and one.round > 0
        and "representative" not in roles
    )


def every_task(house: Application) -> list[Task]:
    """Give all tasks about patients."""
    return [one.body.task for one in house.documents.find(PATIENT, KeptTask, limit=1000).items]
