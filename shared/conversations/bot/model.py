"""Scenarios, where a bot is in one, and what passes between it and the conversation (BH-1…BH-7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from shared.conversations.bot.script import ContextValue, Step
from shared.kernel.refusals import AlreadyExists, NotFound, Stale
from shared.kernel.sensitive import Sensitive

ScenarioState = Literal["draft", "live", "retired"]
Awaits = Literal["words", "slots", "booking"]


class NoSuchScenario(NotFound):
    """There is no such scenario."""


class ScenarioIsThere(AlreadyExists):
    """There is such a scenario already; who changes it says in If-Match which version was seen."""


class ScenarioChangedMeanwhile(Stale):
    """The scenario has been changed since it was read."""


@dataclass(frozen=True, slots=True)
class ScenarioDraft:
    """What a person says about a scenario.

    A patient who says one of `escape_words` is handed to a person at once, with `escape_context`; so is one
    with whom the bot cannot go on.
    """

    name: str
    steps: tuple[Step, ...]
    state: ScenarioState = "draft"
    escape_words: tuple[str, ...] = ()
    escape_context: dict[str, ContextValue] = field(default_factory=dict[str, ContextValue])
    escape_text: str | None = None
    escape_summary: str | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as it is kept; see `ScenarioDraft`. A conversation goes by the version it began with."""

    id: str
    version: int
    name: str
    steps: tuple[Step, ...]
    state: ScenarioState = "draft"
    escape_words: tuple[str, ...] = ()
    escape_context: dict[str, ContextValue] = field(default_factory=dict[str, ContextValue])
    escape_text: str | None = None
    escape_summary: str | None = None


@dataclass(frozen=True, slots=True)
class OfferedSlot:
    """A free time to offer; `label` says to the patient when and with whom, in the clinic's own time."""

    slot_id: str
    starts_at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class BotStanding:
    """Where the bot is: kept with the conversation between turns, and understood by the engine alone.

    `position` is the step waited at, None once the bot has handed over or ended. `awaits` says for whom: the
    patient, free times, or news of a booking. `tries` counts answers that were none, or bookings refused.
    """

    scenario_id: str
    scenario_version: int
    position: str | None
    variables: Sensitive[dict[str, str | int]]
    turns: int
    awaits: Awaits = "words"
    tries: int = 0
    refusals: int = 0
    offered: tuple[OfferedSlot, ...] = ()
    chosen: OfferedSlot | None = None

    @property
    def is_over(self) -> bool:
        return self.position is None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the patient wrote, or what came back from a card (`activity.value`)."""

    text: str = field(default="", repr=False)
    value: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """One activity of the bot. `text` is plain text: it may hold the patient's own words."""

    text: str | None = field(repr=False)
    attachments: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    suggested: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Escalate:
    """Hand over to a person (BH-4); `summary` is for the representative alone (BH-9)."""

    context: Mapping[str, str | int] = field(repr=False)
    summary: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class EndConversation:
    """The bot has ended it (BH-6)."""

    context: Mapping[str, str | int] = field(repr=False)


@dataclass(frozen=True, slots=True)
class BookSlot:
    """Book this time for the patient; how it went comes back through `hear_booking`."""

    slot_id: str
    reason: Sensitive[str | None]


Command = Escalate | EndConversation | BookSlot


@dataclass(frozen=True, slots=True)
class SlotsWanted:
    """Look up free times in the next `days`, at most `most`; they come back through `hear_slots` at once."""

    days: int
    specialty: str | None
    mode: str | None
    most: int


@dataclass(frozen=True, slots=True)
class BookingOutcome:
    """How a booking went: `starts_at` when booked, else the name of the refusal."""

    starts_at: datetime | None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What the bot says now, where it then stands, and what it asks of the conversation."""

    said: tuple[Said, ...]
    standing: BotStanding
    command: Command | None = None
    wants: SlotsWanted | None = None
