"""What became of a message, as a FHIR R4 Communication (http://hl7.org/fhir/R4/communication.html)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.consent.in_fhir import CHANNELS, TOPICS
from shared.consent.to_fhir import PURPOSES
from shared.fhir.ports import Resource
from shared.fhir.versions import instant
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.messaging.decision import Decision
from shared.messaging.model import Cause, Channel, Message, MessageState, Purpose, Reason

MESSAGES = "urn:patient-engagement:message"
TEMPLATES = "urn:patient-engagement:template"
REASONS = "urn:patient-engagement:message-reason"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/communication-category"
_MODES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
_NOT_DONE = "http://terminology.hl7.org/CodeSystem/communication-not-done-reason"

STATUSES: Mapping[MessageState, str] = {
    MessageState.UNCERTAIN: "unknown",
    MessageState.REFUSED: "not-done",
    MessageState.ACCEPTED: "completed",
    MessageState.DELIVERED: "completed",
    MessageState.BOUNCED: "stopped",
}
"""Of the states of a message those that the record is told (valueset-event-status); others come to nothing
or to one of these."""
ELEMENTS = frozenset(
    {
        "identifier",
        "instantiatesUri",
        "status",
        "statusReason",
        "category",
        "medium",
        "subject",
        "topic",
        "about",
        "sent",
        "received",
        "recipient",
        "payload",
    }
)
"""What `communication` may say."""
_IN_HL7S_WORDS: Mapping[Channel, str] = {Channel.EMAIL: "EMAILWRIT", Channel.LETTER: "MAILWRIT"}
"""v3-ParticipationMode has neither text messages nor push."""
_OBJECTIONS: frozenset[Cause] = frozenset({Reason.OPTED_OUT, Reason.OPTED_OUT_OF_TOPIC})
_TO_COME = frozenset({"proposed", "pending", "booked", "arrived"})
_LINK = re.compile(r"(https?://[^\s/?#<>\"]+)[/?#][^\s<>\"]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sending:
    """What the record is told of one message, whether it came to a gate or had no address to go to."""

    message_id: str
    channel: Channel
    template_id: str
    state: MessageState
    reason: Cause | None
    moved_at: datetime
    related_person_id: str | None = None
    template_version: int | None = None
    purpose: Purpose | None = None
    accepted_at: datetime | None = None
    text: Sensitive[str] | None = None


@dataclass(frozen=True, slots=True)
class Background:
    """What a message was about, by references, and its topic as the house calls it."""

    about: Mapping[str, Resource] = field(default_factory=dict[str, Resource])
    topic: str | None = None

    def reminds(self, at: datetime) -> bool:
        """Say whether an appointment was to come then that it spoke of."""
        appointments = (one for one in self.about.values() if one["resourceType"] == "Appointment")
        starts = [instant(one.get("start")) for one in appointments if one.get("status") in _TO_COME]
        return any(start is not None and at < start for start in starts)


def sending_decided(decision: Decision) -> Sending:
    """Read it from what was decided at its contact point."""
    order = decision.order
    text = decision.rendered.value.text if decision.rendered else None
    return Sending(
        order.message_id,
        order.channel,
        order.template_id,
        decision.state,
        decision.reason,
        decision.moved_at,
        order.related_person_id,
        decision.template_version,
        decision.purpose,
        decision.accepted_at,
        Sensitive(without_links(text)) if text else None,
    )


def sending_unaddressed(message: Message) -> Sending:
    """Read it from the message itself, which had no address to go to."""
    asked = message.asked
    return Sending(
        asked.message_id,
        asked.channel,
        asked.template_id,
        message.state,
        message.reason,
        message.moved_at,
        asked.related_person_id,
    )


def communication(sending: Sending, subject: PatientId, background: Background) -> dict[str, Any]:
    """Spell it, without an id and without the address. Raises `KeyError` for a state not in `STATUSES`.

    To whom of the family it went is named only where the record has that person.
    """
    family = f"RelatedPerson/{sending.related_person_id}" if sending.related_person_id else None
    recipient = family if family in background.about else None if family else f"Patient/{subject}"
    about = [{"reference": one} for one in background.about if one != family]
    spelt: dict[str, Any] = {
        "resourceType": "Communication",
        "identifier": [{"system": MESSAGES, "value": sending.message_id}],
        "instantiatesUri": [_template(sending)],
        "status": STATUSES[sending.state],
        "statusReason": _reason(sending.reason) if sending.reason else None,
        "category": list(_categories(sending, background)),
        "medium": [_medium(sending.channel)],
        "subject": {"reference": f"Patient/{subject}"},
        "topic": _concept((TOPICS, background.topic)) if background.topic else None,
        "about": about or None,
        "sent": _sent(sending),
        "received": sending.moved_at.isoformat() if sending.state is MessageState.DELIVERED else None,
        "recipient": [{"reference": recipient}] if recipient else None,
        "payload": [{"contentString": sending.text.value}] if sending.text else None,
    }
    return {name: value for name, value in spelt.items() if value is not None}


def without_links(text: str) -> str:
    """Leave of each address only the host: who opens the rest may be let in as its reader."""
    return _LINK.sub(r"\1/…", text)


def _template(sending: Sending) -> str:
    named = f"{TEMPLATES}:{sending.template_id}"
    return f"{named}:{sending.template_version}" if sending.template_version else named


def _sent(sending: Sending) -> str | None:
    at = sending.accepted_at or (sending.moved_at if sending.state is MessageState.ACCEPTED else None)
    return at.isoformat() if at else None


def _reason(reason: Cause) -> dict[str, Any]:
    objection = [(_NOT_DONE, "patient-objection")] if reason in _OBJECTIONS else []
    return _concept((REASONS, str(reason)), *objection)


def _categories(sending: Sending, background: Background) -> Iterator[dict[str, Any]]:
    """Say what kind it is: of what speaks of an appointment to come, that it reminds."""
    reminds = background.reminds(sending.accepted_at or sending.moved_at)
    yield _concept((_CATEGORY, "reminder" if reminds else "notification"))
    if sending.purpose:
        yield _concept((PURPOSES, str(sending.purpose)))


def _medium(channel: Channel) -> dict[str, Any]:
    mode = _IN_HL7S_WORDS.get(channel)
    return _concept((CHANNELS, str(channel)), *([(_MODES, mode)] if mode else []))


def _concept(*codings: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in codings]}
