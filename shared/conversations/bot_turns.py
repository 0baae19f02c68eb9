"""Our own bot takes its turn, in the same commit as what it answers (BH-1, BH-2, BH-4, BH-6)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from shared.appointments.model import BookForPatient
from shared.conversations.activities import Attachment, Author, Words
from shared.conversations.bot.documents import scenario_at
from shared.conversations.bot.engine import begin, give_up, hear, hear_booking, hear_slots
from shared.conversations.bot.model import (
    BookingOutcome,
    BookSlot,
    BotStanding,
    EndConversation,
    Escalate,
    Heard,
    NoSuchScenario,
    Said,
    Scenario,
    Turn,
)
from shared.conversations.conversation import Conversation
from shared.conversations.decision import Decision, Told
from shared.conversations.ending import closed
from shared.conversations.escalating import handed_over
from shared.conversations.free_times import SearchFreeTimes
from shared.conversations.plain_words import merged
from shared.kernel.documents import Documents
from shared.kernel.identity import derived
from shared.kernel.sensitive import Sensitive

MOST_ANSWERS = 8
"""How often the bot may be answered within one turn before it is taken to be lost."""
MOST_SAID = 60
"""Activities of one commit, which takes 100 operations (D4): beyond it the bot is lost too."""
NOT_KNOWN = "PatientNotKnown"
"""Why nothing is booked for somebody who has not signed in."""


@dataclass(frozen=True, slots=True)
class BotTurns:
    """Lets the bot speak and does what it asks for; a conversation keeps the version it began with."""

    documents: Documents
    search_slots: SearchFreeTimes

    def begun(self, decision: Decision, scenario_id: str, now: datetime) -> Decision:
        """Let it speak first. Raises `NoSuchScenario`, also for one that is not live."""
        scenario = scenario_at(self.documents, scenario_id)
        if scenario.state != "live":
            raise NoSuchScenario
        turn = begin(scenario, decision.conversation.context.value)
        return self._followed(decision, scenario, turn, now)

    def heard(self, decision: Decision, words: Words, now: datetime) -> Decision:
        """Let it answer the patient while it owns the talk; one that is elsewhere answers in its own time."""
        standing = _listening(decision.conversation)
        if standing is None:
            return decision
        scenario = self._scenario(decision.conversation)
        heard = Heard(words.text.value if words.text else "", words.value.value if words.value else None)
        return self._followed(decision, scenario, hear(scenario, standing, heard), now)

    def booked(self, decision: Decision, outcome: BookingOutcome, now: datetime) -> Decision:
        """Let it go on with how the booking went."""
        standing = _listening(decision.conversation)
        if standing is None:
            return decision
        scenario = self._scenario(decision.conversation)
        return self._followed(decision, scenario, hear_booking(scenario, standing, outcome), now)

    def _scenario(self, conversation: Conversation) -> Scenario:
        standing = conversation.standing
        if standing is None:
            msg = "this conversation has no bot of ours"
            raise LookupError(msg)
        return scenario_at(self.documents, standing.scenario_id, standing.scenario_version)

    def _followed(self, decision: Decision, scenario: Scenario, turn: Turn, now: datetime) -> Decision:
        """Say what it says and answer what it wants to know, until it waits for somebody, or is lost."""
        for _ in range(MOST_ANSWERS):
            if len(decision.said) + len(turn.said) > MOST_SAID:
                break
            decision = _spoken(decision, turn, now)
            answer = self._answer(decision, scenario, turn, now)
            if answer is None:
                return self._done(decision, turn, now)
            turn = answer
        lost = give_up(scenario, turn.standing)
        return self._done(_spoken(decision, lost, now), lost, now)

    def _answer(self, decision: Decision, scenario: Scenario, turn: Turn, now: datetime) -> Turn | None:
        """Give the turn that follows at once: free times looked up, or a booking that cannot be."""
        if turn.wants is not None:
            return hear_slots(scenario, turn.standing, tuple(self.search_slots(turn.wants, now)))
        if isinstance(turn.command, BookSlot) and decision.conversation.patient_id is None:
            return hear_booking(scenario, turn.standing, BookingOutcome(None, NOT_KNOWN))
        return None

    def _done(self, decision: Decision, turn: Turn, now: datetime) -> Decision:
        match turn.command:
            case Escalate() as command:
                return handed_over(self.documents, decision, command, now)
            case EndConversation(context):
                learned = merged(decision.conversation.context.value, context)
                decision = decision.standing(decision.conversation.learning(learned))
                return closed(decision, "bot_ended", "BotEndConversation", now)
            case BookSlot() as command:
                return _asking_to_book(decision, command)
            case None:
                return decision


def _listening(conversation: Conversation) -> BotStanding | None:
    """Give where our bot is, None where it is not ours or owns the talk no longer: then it says nothing."""
    return conversation.standing if conversation.owner.kind == "bot" else None


def _spoken(decision: Decision, turn: Turn, now: datetime) -> Decision:
    conversation = decision.conversation
    decision = decision.standing(replace(conversation, standing=turn.standing))
    author = Author("bot", conversation.owner.id, conversation.owner.name)
    for said in turn.said:
        decision = decision.saying(author, _words(said), at=now)
    return decision


def _words(said: Said) -> Words:
    return Words(
        text=Sensitive(said.text) if said.text is not None else None,
        attachments=tuple(map(_attachment, said.attachments)),
        suggested=tuple(map(Sensitive, said.suggested)),
    )


def _attachment(shown: Mapping[str, Any]) -> Attachment:
    """Keep what the bot shows, in Bot Framework's words, as ours."""
    link, name = cast("str | None", shown.get("contentUrl")), cast("str | None", shown.get("name"))
    return Attachment(
        content_type=shown["contentType"],
        content_url=Sensitive(link) if link is not None else None,
        content=Sensitive(shown["content"]) if "content" in shown else None,
        name=Sensitive(name) if name is not None else None,
    )


def _asking_to_book(decision: Decision, command: BookSlot) -> Decision:
    """Ask for the booking, named for its place in the talk, and wait for the news of it."""
    conversation = decision.conversation
    if conversation.patient_id is None:
        return decision
    booking_id = derived("bot-booking", conversation.id, str(conversation.next_sequence))
    asked = BookForPatient(
        booking_id=booking_id,
        patient_id=conversation.patient_id,
        slot_id=command.slot_id,
        source="bot",
        reason=command.reason,
        conversation_id=conversation.id,
    )
    awaiting = conversation.awaiting(booking_id)
    return decision.standing(awaiting).telling(Told(asked, booking_id))
