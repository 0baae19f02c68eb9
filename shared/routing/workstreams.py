"""The way in for one kind of talk: its queue, what it costs, how long an offer stands (RT-1, RT-2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.kernel.refusals import Conflict, NotFound, Stale

ContextValue = str | int | float | bool | None
"""What a bot may say of a talk before it hands it over (BH-7)."""
Operator = Literal["equals", "not_equals", "at_least", "at_most", "contains", "is_present"]
"""How a context variable is held against a value; one that is absent or null meets only `not_equals`."""
ChannelName = Literal["live_chat"]


@dataclass(frozen=True, slots=True)
class Condition:
    """What a context variable must be. `value` says nothing to `is_present`."""

    name: str
    operator: Operator
    value: str | int = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One rule of the route-to-queue ruleset: where all conditions hold, the work goes to this queue."""

    queue_id: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class AutoClose:
    """After how many minutes of silence a talk is closed, by where it stands (CV-8).

    A talk in hand is not closed: it goes back to its queue (CV-6) where the patient has waited for a word for
    `gone_minutes` and the representative is away, or for `unanswered_minutes`, wherever they are.
    """

    open_minutes: int = 20
    wrap_up_minutes: int = 15
    bot_minutes: int = 20
    gone_minutes: int = 3
    unanswered_minutes: int = 30


@dataclass(frozen=True, slots=True)
class WorkstreamDraft:
    """A workstream as its maker wants it.

    `most_anonymous` visitors of whom we know nothing may wait in one queue; more are told to come back later.
    """

    name: str
    fallback_queue_id: str
    channel: ChannelName = "live_chat"
    units: int = 1
    scenario_id: str | None = None
    routes: tuple[Route, ...] = ()
    offer_lasts_seconds: int = 60
    survey_id: str | None = None
    auto_close: AutoClose = AutoClose()
    most_anonymous: int = 200


@dataclass(frozen=True, slots=True)
class Workstream:
    """A workstream as kept. `units` is the capacity one talk takes, `scenario_id` the bot that begins it.

    `version` counts what it has been; a talk under way keeps to what it read when it began.
    """

    id: str
    version: int
    name: str
    channel: ChannelName
    units: int
    scenario_id: str | None
    fallback_queue_id: str
    routes: tuple[Route, ...] = ()
    offer_lasts_seconds: int = 60
    survey_id: str | None = None
    auto_close: AutoClose = AutoClose()
    most_anonymous: int = 200


class NoSuchWorkstream(NotFound):
    """There is no such workstream."""


class WorkstreamIsThere(Conflict):
    """There is a workstream of that id; to change it, say which one you have seen (If-Match)."""


class WorkstreamChangedMeanwhile(Stale):
    """The workstream has been changed since it was read."""


def queue_for(workstream: Workstream, context: Mapping[str, ContextValue]) -> str:
    """Give the queue of the first route whose conditions all hold, else the fallback queue (RT-2, RT-6)."""
    for route in workstream.routes:
        if all(_holds(condition, context.get(condition.name)) for condition in route.conditions):
            return route.queue_id
    return workstream.fallback_queue_id


def _holds(condition: Condition, given: ContextValue) -> bool:
    """Hold what was given against what is wanted; what cannot be compared does not hold."""
    if given is None:
        return condition.operator == "not_equals"
    match condition.operator:
        case "is_present":
            return True
        case "equals":
            return _same(given, condition.value)
        case "not_equals":
            return not _same(given, condition.value)
        case "contains":
            return _text(condition.value) in _text(given)
        case "at_least" | "at_most":
            return _in_order(condition.operator, _number(given), _number(condition.value))


def _same(given: ContextValue, wanted: str | int) -> bool:
    """Say whether two values mean the same: "3" and 3 do, and so do " Billing" and "billing"."""
    one, other = _number(given), _number(wanted)
    return one == other if one is not None and other is not None else _text(given) == _text(wanted)


def _in_order(operator: Literal["at_least", "at_most"], given: float | None, wanted: float | None) -> bool:
    if given is None or wanted is None:
        return False
    return given >= wanted if operator == "at_least" else given <= wanted


def _text(value: ContextValue) -> str:
    return str(value).strip().casefold()


def _number(value: ContextValue) -> float | None:
    """Read a number; what a bot learned by asking comes as text."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
