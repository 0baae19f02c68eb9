"""A message to one person: what is asked for, what becomes of it, and why."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from shared.consent.model import Purpose
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.model import Channel

__all__ = ["Channel", "Purpose"]


class MessageState(StrEnum):
    """How far a message has come."""

    REQUESTED = "requested"
    HELD = "held"
    ALLOWED = "allowed"
    CLAIMED = "claimed"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"

    def is_beyond(self, other: "MessageState") -> bool:
        """Say whether news of this state is worth more than that one, in whatever order the two arrive."""
        order = tuple(MessageState)
        return order.index(self) > order.index(other)


class Reason(StrEnum):
    """Why a message waits or goes no further, in our own words."""

    PATIENT_GONE = "patient_gone"
    PATIENT_DECEASED = "patient_deceased"
    PATIENT_INACTIVE = "patient_inactive"
    PATIENT_REPLACED = "patient_replaced"
    RELATED_PERSON_GONE = "related_person_gone"
    COPY_NOT_WANTED = "copy_not_wanted"
    NO_ADDRESS = "no_address"
    OPTED_OUT = "opted_out"
    OPTED_OUT_OF_TOPIC = "opted_out_of_topic"
    NOT_OPTED_IN = "not_opted_in"
    NOT_OPTED_IN_TO_TOPIC = "not_opted_in_to_topic"
    SUPPRESSED = "suppressed"
    QUIET_TIME = "quiet_time"
    FREQUENCY_CAPPED = "frequency_capped"
    MESSAGE_EXPIRED = "message_expired"
    NO_SUCH_TEMPLATE = "no_such_template"
    NO_SUCH_VARIANT = "no_such_variant"
    TEMPLATE_INCOMPLETE = "template_incomplete"
    TEMPLATE_BROKEN = "template_broken"
    OUTCOME_UNKNOWN = "outcome_unknown"
    TRIED_TOO_OFTEN = "tried_too_often"
    WITHDRAWN = "withdrawn"
    OUTREACH_IS_OFF = "outreach_is_off"


class BounceCategory(StrEnum):
    """Why a provider did not deliver (CH-6). Providers' own words are never kept: they quote addresses."""

    INVALID_MAILBOX = "invalid-mailbox"
    INVALID_DOMAIN = "invalid-domain"
    INACTIVE_MAILBOX = "inactive-mailbox"
    FULL_MAILBOX = "full-mailbox"
    DMARC = "dmarc"
    REPUTATION = "reputation"
    GREYLISTING = "greylisting"
    BLOCKLISTING = "blocklisting"
    RELAYING = "relaying"
    ROUTING = "routing"
    RECIPIENT_SERVER_ERROR = "recipient-server-error"
    CONNECTION_ERROR = "connection-error"
    POLICY = "policy"
    MESSAGE_EXPIRED = "message-expired"
    SUPPRESSION_LIST = "suppression-list"
    OTHER = "other"

    @property
    def is_hard(self) -> bool:
        """Whether the address is known not to be there."""
        return self in {BounceCategory.INVALID_MAILBOX, BounceCategory.INVALID_DOMAIN}


Cause = Reason | BounceCategory
WITHHELD = "••••-••••-••••-••••-••••"
"""Stands in a message for what only its reader may know, until a provider is handed it."""


@dataclass(frozen=True, slots=True)
class ToldOf:
    """What an event said that led to a message; `references` name resources (`Type/id`).

    A template speaks of both by their names: `trigger.clinic`, `trigger.appointment.start` (FH-11). The
    resources are read each time a message is to be written.
    """

    given: Sensitive[dict[str, str | bool | int | float]]
    references: dict[str, str]


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Ask for one message to one person; the same `message_id` is the same message, however often asked.

    `because` names what led to it (an enrolment's step), in our own ids. `values` fill the template.
    With `related_person_id` it goes to that RelatedPerson of the patient's, and only speaks of the patient.
    `copy_id` names the word on which they are copied, where it is a copy; `asks_about_copy` the one that it
    asks for, and without which it is not sent any more. `about` is what in the record led to it (`Type/id`),
    if anything did.
    `withheld` is the seed of a code that takes the place of `WITHHELD` when a provider is handed the message.
    `is_account_notice` is said by the house alone, of what warns whoever reads there that somebody may have
    taken over the patient's login: no *no* that can be said with that login holds it back (decision 56).
    """

    message_id: str
    patient_id: PatientId
    channel: Channel
    template_id: str
    because: str
    values: Sensitive[dict[str, str]]
    expires_at: datetime | None = None
    ignore_quiet_time: bool = False
    told_of: ToldOf | None = None
    related_person_id: str | None = None
    withheld: Sensitive[str] | None = None
    copy_id: str | None = None
    about: str | None = None
    is_account_notice: bool = False
    asks_about_copy: str | None = None


@dataclass(frozen=True, slots=True)
class DecideSending:
    """Let a message through the gate of its contact point, to the address chosen when it was asked for.

    `round` counts how often it has been held.
    """

    contact: str
    message_id: str
    patient_id: PatientId
    channel: Channel
    address: Sensitive[str]
    template_id: str
    because: str
    values: Sensitive[dict[str, str]]
    expires_at: datetime | None = None
    ignore_quiet_time: bool = False
    round: int = 0
    told_of: ToldOf | None = None
    related_person_id: str | None = None
    withheld: Sensitive[str] | None = None
    copy_id: str | None = None
    about: str | None = None
    is_account_notice: bool = False
    asks_about_copy: str | None = None


@dataclass(frozen=True, slots=True)
class CancelMessage:
    """Take back one message that was asked for, unless it is on its way already.

    It says what was asked for, since it may come before `SendMessage` does.
    """

    message_id: str
    patient_id: PatientId
    channel: Channel
    template_id: str
    because: str


@dataclass(frozen=True, slots=True)
class CancelSending:
    """Take back what was to be sent to a contact point; it may come before the gate was asked."""

    contact: str
    order: DecideSending


@dataclass(frozen=True, slots=True)
class DeliverMessage:
    """Hand an allowed message to its provider; `version` is the decision's that allowed it."""

    contact: str
    message_id: str
    version: int


@dataclass(frozen=True, slots=True)
class SettleClaim:
    """Find out what became of a message whose sender has not been heard of since."""

    contact: str
    message_id: str


@dataclass(frozen=True, slots=True)
class MessageMoved:
    """A message has come to a state. `contact` is None when there was no address to send to."""

    message_id: str
    patient_id: PatientId
    contact: str | None
    state: MessageState
    reason: Cause | None
    at: datetime
    because: str


Interaction = Literal["opened", "clicked"]


@dataclass(frozen=True, slots=True)
class MessageUsed:
    """Whoever got a message has opened it, or clicked a link in it, which `link` names.

    `event` is the same for the same event of the provider's, however often it is told.
    """

    message_id: str
    patient_id: PatientId
    event: str
    interaction: Interaction
    link: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its patient's partition knows it; the contact point's partition knows why.

    `used` counts what was told of it as `MessageUsed`, as far as that is kept.
    """

    asked: SendMessage
    contact: str | None
    address: Sensitive[str] | None
    state: MessageState
    reason: Cause | None
    asked_at: datetime
    moved_at: datetime
    used: int = 0

    @property
    def order(self) -> DecideSending | None:
        """What its gate is asked; None where there is no address, and so no gate."""
        if self.contact is None or self.address is None:
            return None
        asked = self.asked
        return DecideSending(
            contact=self.contact,
            message_id=asked.message_id,
            patient_id=asked.patient_id,
            channel=asked.channel,
            address=self.address,
            template_id=asked.template_id,
            because=asked.because,
            values=asked.values,
            expires_at=asked.expires_at,
            ignore_quiet_time=asked.ignore_quiet_time,
            told_of=asked.told_of,
            related_person_id=asked.related_person_id,
            withheld=asked.withheld,
            copy_id=asked.copy_id,
            about=asked.about,
            is_account_notice=asked.is_account_notice,
            asks_about_copy=asked.asks_about_copy,
        )

    @property
    def is_over(self) -> bool:
        """Whether its fate is known: nobody will try to send it any more."""
        return self.state.is_beyond(MessageState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What will be read; `way_out` is where a mail program stops more of it by one click (CO-7)."""

    language: str
    text: str
    subject: str | None = None
    html: str | None = None
    way_out: str | None = None

    def telling(self, word: str) -> "Rendered":
        """Put a word where `WITHHELD` stands."""
        return replace(
            self,
            text=self.text.replace(WITHHELD, word),
            subject=self.subject.replace(WITHHELD, word) if self.subject else None,
            html=self.html.replace(WITHHELD, word) if self.html else None,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check of the gate said, and when."""

    check: str
    passed: bool
    at: datetime
    reason: Reason | None = None
    until: datetime | None = None
