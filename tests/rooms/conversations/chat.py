"""A house with a chat in it: a patient, two representatives, and what they do."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from shared.access.model import Caller, ChatVisitor, Role
from shared.access.ports import SealPurpose
from shared.adapters.codec import from_json
from shared.adapters.jwt_seals import JwtSeals, SigningKey
from shared.calendars.model import OperatingHours
from shared.conversations.accept_conversation import AcceptConversation
from shared.conversations.bot.model import OfferedSlot, SlotsWanted
from shared.conversations.bot.put_scenario import PutScenario
from shared.conversations.bot_turns import BotTurns
from shared.conversations.close_conversation import CloseConversation
from shared.conversations.close_idle_conversation import CloseIdle
from shared.conversations.conversation import Conversation
from shared.conversations.decline_conversation import DeclineConversation
from shared.conversations.documents import INDEXES, conversation_at
from shared.conversations.end_conversation import EndConversation
from shared.conversations.generate_chat_token import GenerateChatToken
from shared.conversations.hear_booking_settled import HearBookingSettled
from shared.conversations.hear_external_bot import BotActivity, BotChannelData, BotCommand, HearExternalBot
from shared.conversations.lapse_offer import LapseAnOffer
from shared.conversations.offer_conversation import OfferConversation
from shared.conversations.open_conversation import OpenConversation
from shared.conversations.post_activity import ActivityPosted, ChannelDataPosted, PostActivity
from shared.conversations.read_activities import ReadActivities, WhichActivities
from shared.conversations.read_transcript import ReadTranscript, Transcript, WhichWords
from shared.conversations.release_conversation import ReleaseConversation
from shared.conversations.say_in_conversation import MessageKept, MessageSaid, SayInConversation
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Create, replacing
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.operations.live_features import LiveFeatures
from shared.routing.documents import (
    REPRESENTATIVE,
    WORKSTREAM,
    representative_partition,
    workstream_partition,
)
from shared.routing.model import WorkOffered
from shared.routing.presence import Base, Presence
from shared.routing.put_queue import PutQueue
from shared.routing.queues import WorkQueueDraft
from shared.routing.representatives import Holding, Representative, representative_id
from shared.routing.workstreams import Condition, Route, Workstream
from tests.rooms.conversations.bot_scripts import a_draft, book, end, person, prompt, statement
from tests.support.house import House, a_house

MONDAY = datetime(2026, 3, 30, 8, 0, tzinfo=UTC)
ADA = PatientId("ada")
TALK = "talk-1"
ADAS = ChatVisitor(TALK, ADA, "dl_ada")
STRANGER = ChatVisitor(TALK, None, "dl_stranger")
NINA = Caller("nina", "https://staff", frozenset({Role.OMNICHANNEL_AGENT}))
OMAR = Caller("omar", "https://staff", frozenset({Role.OMNICHANNEL_AGENT}))
SIV = Caller("siv", "https://staff", frozenset({Role.OMNICHANNEL_SUPERVISOR}))
MAKER = Caller("maker", "https://staff", frozenset({Role.OMNICHANNEL_ADMINISTRATOR}))
NAMES = {"nina": "Nina", "omar": "Omar"}
SEALS = JwtSeals([SigningKey("k1", SealPurpose.CONVERSATION, Sensitive("0123456789" * 4))])
TEN = OfferedSlot("slot-10", MONDAY + timedelta(days=1, hours=2), "Tuesday 10:00")


@dataclass
class Heard(Publisher):
    """Remembers what it was told to publish."""

    announcements: list[Announcement] = field(default_factory=list[Announcement])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.announcements += announcements


@dataclass
class Chat:
    """Plays everybody; `search` is what the bot looks up."""

    house: House
    slots: list[OfferedSlot] = field(default_factory=lambda: [TEN])

    def __post_init__(self) -> None:
        self.speaks_through(self.house.documents)

    def speaks_through(self, documents: Any) -> None:
        """Make the acts anew on these documents."""
        bots = BotTurns(documents, self.search)
        self.features = LiveFeatures(documents, self.house.clock)
        self.open = OpenConversation(documents, SEALS, bots, self.features)
        self.post = PostActivity(documents, bots)
        self.read = ReadActivities(documents)
        self.external = HearExternalBot(documents, partial(from_json, of=BotCommand))
        self.offer = OfferConversation(documents)
        self.lapse = LapseAnOffer(documents)
        self.accept = AcceptConversation(documents)
        self.decline = DeclineConversation(documents)
        self.say = SayInConversation(documents)
        self.end = EndConversation(documents)
        self.close = CloseConversation(documents)
        self.release = ReleaseConversation(documents)
        self.close_idle = CloseIdle(documents)
        self.booked = HearBookingSettled(documents, bots)
        self.transcript = ReadTranscript(documents)
        self.token = GenerateChatToken(documents, SEALS, self.features)

    def search(self, wanted: SlotsWanted, now: datetime) -> Sequence[OfferedSlot]:
        return [slot for slot in self.slots if slot.starts_at > now][: wanted.most]

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def passes(self, **how_long: float) -> None:
        self.house.clock.pass_by(timedelta(**how_long))

    def has_workstream(self, **more: Any) -> None:
        settled: dict[str, Any] = {
            "id": "live-chat",
            "version": 1,
            "name": "Chat",
            "channel": "live_chat",
            "units": 2,
            "scenario_id": "refill",
            "fallback_queue_id": "general",
            "routes": (Route("nurses", (Condition("topic", "equals", "nurse"),)),),
            "survey_id": "after-chat",
        }
        self.house.documents.commit(
            workstream_partition("live-chat"), changes=[Create(WORKSTREAM, Workstream(**(settled | more)))]
        )

    def has_queue(self, hours: OperatingHours | None, queue_id: str = "nurses") -> None:
        draft = WorkQueueDraft("Nurses", operating_hours=hours)
        PutQueue(self.house.documents)(draft, queue_id=queue_id, caller=MAKER, now=self.now, if_match=None)

    def finds(self, caller: Caller, base: Base, *holdings: Holding) -> None:
        """Let a representative be there, or not, as their own partition has it."""
        own, documents = representative_id(caller), self.house.documents
        who = Representative(
            own,
            caller.who,
            caller.subject,
            caller.issuer,
            Sensitive(NAMES[caller.subject]),
            Presence(base, "chosen", self.now),
            self.now,
            holdings=holdings,
        )
        partition = representative_partition(own)
        before = documents.look(partition, REPRESENTATIVE, Representative)
        change = replacing(before, who) if before else Create(REPRESENTATIVE, who)
        documents.commit(partition, changes=[change])

    def has_scenario(self, *steps: dict[str, Any], **more: Any) -> None:
        draft = a_draft(*steps, **({"state": "live"} | more))
        PutScenario(self.house.documents)(
            draft, scenario_id="refill", caller=MAKER, now=self.now, if_match=None
        )

    # -- what people do

    def opens(self, visitor: ChatVisitor = ADAS) -> bool:
        return self.open(caller=visitor, now=self.now, real=self.now).isNew

    def posts(self, text: str, *, named: str | None = None, visitor: ChatVisitor = ADAS, **more: Any) -> str:
        posted = ActivityPosted(text=Sensitive(text), channelData=ChannelDataPosted(named), **more)
        return self.post(posted, conversation_id=TALK, caller=visitor, now=self.now).id

    def leaves(self, visitor: ChatVisitor = ADAS) -> str:
        posted = ActivityPosted(type="endOfConversation")
        return self.post(posted, conversation_id=TALK, caller=visitor, now=self.now).id

    def bot_says(self, text: str | None, **channel: Any) -> str:
        posted = BotActivity(
            text=Sensitive(text) if text is not None else None, channelData=BotChannelData(**channel)
        )
        return self.external(posted, conversation_id=TALK, now=self.now).id

    def bot_escalates(self, summary: str | None = None, **context: Any) -> str:
        return self.bot_says(summary, tags=BotCommand("Escalate", context))

    def is_offered_to(self, caller: Caller, *, seconds: int = 60, round_: int | None = None) -> WorkOffered:
        offer = WorkOffered(
            work_id=TALK,
            round=round_ or self.now_is.round,
            queue_id=self.now_is.queue_id or "",
            representative_id=representative_id(caller),
            who=caller.who,
            display_name=NAMES[caller.subject],
            until=self.now + timedelta(seconds=seconds),
        )
        self.offer(offer, now=self.now)
        return offer

    def accepts(self, caller: Caller) -> None:
        self.accept(conversation_id=TALK, caller=caller, now=self.now)

    def declines(self, caller: Caller) -> None:
        self.decline(conversation_id=TALK, caller=caller, now=self.now)

    def says(self, text: str, *, by: Caller = NINA, named: str = "m-1") -> MessageKept:
        said = MessageSaid(Sensitive(text))
        return self.say(said, conversation_id=TALK, message_id=named, caller=by, now=self.now)

    def ends(self, caller: Caller = NINA) -> None:
        self.end(conversation_id=TALK, caller=caller, now=self.now)

    def releases(self, caller: Caller = NINA) -> None:
        self.release(conversation_id=TALK, caller=caller, now=self.now)

    def closes(self, caller: Caller = NINA) -> None:
        self.close(conversation_id=TALK, caller=caller, now=self.now)

    # -- what can be seen

    @property
    def now_is(self) -> Conversation:
        return conversation_at(self.house.documents, TALK).body

    def seen(self, watermark: str | None = None) -> list[dict[str, Any]]:
        found = self.read(WhichActivities(watermark), conversation_id=TALK, caller=ADAS)
        return [dict(activity) for activity in found.activities]

    def texts(self) -> list[str]:
        return [activity["text"] for activity in self.seen() if activity["type"] == "message"]

    def transcript_for(self, caller: Caller) -> Transcript:
        return self.transcript(WhichWords(), conversation_id=TALK, caller=caller, now=self.now)

    def told(self, type_: str) -> list[dict[str, Any]]:
        """Give the contents of all announcements of one type that were committed, in order."""
        changes, _ = self.house.change_feed.read("a test", limit=1000)
        bodies = [change["body"] for change in changes if change["kind"] == "announcement"]
        return [body["content"] for body in bodies if body["type"] == type_]


@contextmanager
def a_chat(folder: Path, *, clock: StoppedClock | None = None) -> Generator[Chat]:
    """Build it: nothing is defined yet."""
    with a_house(folder, INDEXES, clock=clock or StoppedClock(MONDAY)) as house:
        yield Chat(house)


def with_our_bot(chat: Chat) -> None:
    """Let our bot ask for a topic and hand over, or book."""
    chat.has_workstream()
    chat.has_scenario(
        statement(text="Good day."),
        prompt(variable="topic", next="person"),
        person(context={"topic": {"variable": "topic"}}, summary="Wants: {topic}"),
        escape_words=["help"],
    )
    chat.opens()


def with_booking_bot(chat: Chat) -> None:
    """Let our bot offer times, book one and go."""
    chat.has_workstream()
    booking = book(next="end", refused_text="That is gone.", booked_text="You are booked: {appointment}.")
    chat.has_scenario(booking, end(text="Goodbye."), person())
    chat.opens()


def with_external_bot(chat: Chat) -> None:
    """Let a bot elsewhere begin."""
    chat.has_workstream(scenario_id=None)
    chat.opens()


def waiting(chat: Chat) -> None:
    """Let the patient wait for a person."""
    with_external_bot(chat)
    chat.posts("I need a nurse.")
    chat.bot_escalates("Sounds worried.", topic="nurse")


def in_hand(chat: Chat) -> None:
    """Let the patient talk to Nina."""
    waiting(chat)
    chat.is_offered_to(NINA)
    chat.accepts(NINA)


def wrapping_up(chat: Chat) -> None:
    in_hand(chat)
    chat.ends()


Scene = Callable[[Chat], None]
