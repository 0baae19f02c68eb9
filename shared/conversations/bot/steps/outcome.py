"""What a step is asked, and what it answers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.conversations.bot.model import (
    BookSlot,
    BotStanding,
    EndConversation,
    Escalate,
    Heard,
    Said,
    SlotsWanted,
)
from shared.kernel.problems import Problem


@dataclass(frozen=True, slots=True)
class GoOn:
    """Go on at once: to a step, or to the next one; with what has been learnt on the way."""

    said: tuple[Said, ...] = ()
    to: str | None = None
    learnt: Mapping[str, str | int] = field(default_factory=dict[str, str | int], repr=False)


@dataclass(frozen=True, slots=True)
class Stay:
    """Wait here, as `standing` says."""

    standing: BotStanding
    said: tuple[Said, ...] = ()
    command: BookSlot | None = None
    wants: SlotsWanted | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The bot is done."""

    command: Escalate | EndConversation
    said: tuple[Said, ...] = ()


Outcome = GoOn | Stay | Leave


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a step: the field that names where to, and whether it is gone without the patient.

    `to` None is the following step.
    """

    field: str
    to: str | None
    is_at_once: bool


def go_on_unheard(_step: Any, _standing: BotStanding, _heard: Heard) -> Outcome:
    """Stand for a step at which nobody waits: whoever is there nonetheless goes on."""
    return GoOn()


def nothing_offered(_step: Any, _standing: BotStanding) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class StepKind:
    """What the engine and the definitions need to know of a kind of step.

    `arrive` answers a bot that comes to the step, `hear` the patient there; `offers` gives the words on its
    buttons.
    """

    arrive: Callable[[Any, BotStanding], Outcome]
    ways: Callable[[Any], Iterator[Way]]
    problems: Callable[[Any], Iterator[Problem]]
    hear: Callable[[Any, BotStanding, Heard], Outcome] = go_on_unheard
    offers: Callable[[Any, BotStanding], tuple[str, ...]] = nothing_offered
