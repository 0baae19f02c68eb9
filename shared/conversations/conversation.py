"""A conversation: how it stands, who owns it, and who may read it (D12, CV-5, CV-6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.access.model import Caller, Role, may
from shared.conversations.bot.model import BotStanding
from shared.conversations.lifecycle import IN_HAND, Event, OwnerKind, Standing, State, after
from shared.conversations.model import ClosureReason
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.routing.model import RepresentativeId
from shared.routing.representatives import representative_id
from shared.routing.workstreams import AutoClose

SUPERVISORS = (Role.OMNICHANNEL_SUPERVISOR, Role.CSR_MANAGER, Role.OMNICHANNEL_ADMINISTRATOR)
MOST_VARIABLES = 100
"""CV-1."""
MOST_ASKED = 5
"""Bookings of one talk of which news may still come."""
MOST_DONE = 8
"""Acts that are known again when they are asked for a second time."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The one who owns a conversation: a bot or queue by its id, a representative by id and name."""

    kind: OwnerKind
    id: str = ""
    name: str | None = None


NOBODY = Owner("nobody")


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody has done about it, so that the same asked again is known to be done."""

    what: str
    by: RepresentativeId


@dataclass(frozen=True, slots=True)
class Conversation:
    """One patient's talk with us. What it says of its owner is the truth (D12).

    `round` counts its stays in queues and fences every offer. `standing` is where the bot is, None for a bot
    that is elsewhere. `asked_bookings` are the last that the bot asked for and that are not known to be
    booked. `changed_at` is when anybody spoke or it changed its state, `closes_at` when silence closes it.
    `closure_reason` is kept from the first end; `summary` is for representatives alone (BH-9).
    `unanswered_since` is since when the patient waits for a representative's word, `unanswered_until` from
    when we look whether one will come. `out_of_hours` says that its queue was closed when it came there.
    `done` is what people last did about it.
    """

    id: str
    patient_id: PatientId | None
    user_id: str
    workstream_id: str
    state: State
    owner: Owner
    started_at: datetime
    changed_at: datetime
    closes_at: datetime | None = None
    auto_close: AutoClose = field(default_factory=AutoClose)
    next_sequence: int = 1
    standing: BotStanding | None = None
    awaited_booking: str | None = None
    asked_bookings: tuple[str, ...] = ()
    context: Sensitive[Mapping[str, str | int]] = field(default_factory=lambda: Sensitive({}))
    summary: Sensitive[str] | None = None
    round: int = 0
    units: int = 1
    offer_lasts_seconds: int = 60
    queue_id: str | None = None
    waiting_since: datetime | None = None
    offered_to: RepresentativeId | None = None
    offered_name: str | None = None
    offered_until: datetime | None = None
    served_by: RepresentativeId | None = None
    unanswered_since: datetime | None = None
    unanswered_until: datetime | None = None
    out_of_hours: bool = False
    survey_id: str | None = None
    closed_at: datetime | None = None
    closure_reason: ClosureReason | None = None
    satisfaction: Sensitive[int] | None = None
    done: tuple[Done, ...] = ()

    @property
    def lifecycle(self) -> Standing:
        return (self.state, self.owner.kind)

    @property
    def is_closed(self) -> bool:
        return self.state == "closed"

    @property
    def is_over(self) -> bool:
        """Say whether the patient can say nothing more in it."""
        return self.state in ("wrap_up", "closed")

    @property
    def has_external_bot(self) -> bool:
        """Say whether a bot elsewhere owns it: ours has a standing (BH-4…BH-6)."""
        return self.owner.kind == "bot" and self.standing is None

    def silent_until(self, now: datetime) -> datetime | None:
        """Give when silence from now on closes it, None where it never does (CV-8)."""
        match self.lifecycle:
            case ("active", "bot"):
                return now + timedelta(minutes=self.auto_close.bot_minutes)
            case ("open", _):
                return now + timedelta(minutes=self.auto_close.open_minutes)
            case ("wrap_up", _):
                return now + timedelta(minutes=self.auto_close.wrap_up_minutes)
            case _:
                return None

    def has_waited_too_long(self, now: datetime) -> bool:
        """Say whether no word will come any more, whoever has it in hand (CV-6)."""
        longest = timedelta(minutes=self.auto_close.unanswered_minutes)
        return self.unanswered_since is not None and now >= self.unanswered_since + longest

    def learning(self, context: Sensitive[Mapping[str, str | int]]) -> "Conversation":
        """Give it with these variables."""
        return replace(self, context=context)

    def awaiting(self, booking_id: str) -> "Conversation":
        """Give it waiting for the news of this booking."""
        asked = (*self.asked_bookings, booking_id)[-MOST_ASKED:]
        return replace(self, awaited_booking=booking_id, asked_bookings=asked)

    def remembering(self, done: Done) -> "Conversation":
        """Give it with this done, each act of each person once."""
        before = tuple(each for each in self.done if each != done)
        return replace(self, done=(*before, done)[-MOST_DONE:])

    def is_offered_to(self, representative: RepresentativeId, now: datetime) -> bool:
        return (
            self.offered_to == representative and self.offered_until is not None and now < self.offered_until
        )


def moved(
    conversation: Conversation, event: Event, now: datetime, *, to: Owner | None = None
) -> Conversation:
    """Let `event` happen, by the table alone; where it changes the owner, `to` is the new one.

    Offers are not what a patient or representative does, so they keep no conversation open (CV-8).
    """
    state, kind = after(conversation.lifecycle, event)
    owner = to or conversation.owner
    if kind != owner.kind:
        msg = f"{event} makes a {kind} the owner"
        raise ValueError(msg)
    following = replace(conversation, state=state, owner=owner)
    if event in ("offered", "offer_ended"):
        return following
    return replace(_waited_for(following, event, now), changed_at=now, closes_at=following.silent_until(now))


def _waited_for(conversation: Conversation, event: Event, now: datetime) -> Conversation:
    """Note since when the patient waits for a representative's word: from the first that is owed (CV-6)."""
    if conversation.lifecycle != IN_HAND or event == "representative_spoke":
        return replace(conversation, unanswered_since=None, unanswered_until=None)
    since = conversation.unanswered_since or now
    until = since + timedelta(minutes=conversation.auto_close.gone_minutes)
    return replace(conversation, unanswered_since=since, unanswered_until=until)


def may_read(conversation: Conversation, caller: Caller, now: datetime) -> bool:
    """Say whether staff may read it: whoever has or had it in hand, whom it is offered to, supervisors."""
    return takes_part(conversation, caller, now) or may(caller, *SUPERVISORS)


def takes_part(conversation: Conversation, caller: Caller, now: datetime) -> bool:
    """Say whether a representative has or had it in hand, or is offered it."""
    own = representative_id(caller)
    return conversation.served_by == own or conversation.is_offered_to(own, now)
