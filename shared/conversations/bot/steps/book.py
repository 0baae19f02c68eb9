"""Offer free times and book the chosen one (BH-3, AP-1): the conversation looks them up and books."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from shared.appointments.refusals import PatientCannotBook, TooManyAppointments
from shared.conversations.bot.cards import hero
from shared.conversations.bot.contexts import looked_up
from shared.conversations.bot.model import (
    BookingOutcome,
    BookSlot,
    BotStanding,
    Heard,
    OfferedSlot,
    Said,
    SlotsWanted,
)
from shared.conversations.bot.script import BookStep, ContextValue
from shared.conversations.bot.steps import demands
from shared.conversations.bot.steps.again import asked_again
from shared.conversations.bot.steps.outcome import GoOn, Outcome, Stay, StepKind, Way
from shared.conversations.bot.words import filled, likened, one_of, plain
from shared.exchange.model import WriteBackIsOff
from shared.kernel.problems import Problem
from shared.kernel.sensitive import Sensitive
from shared.operations.features import FeatureIsOff

APPOINTMENT = "appointment"
"""The variable that holds the time booked, as it was offered."""
MOST_REFUSALS = 2
"""How often fresh times are offered after one has been taken meanwhile."""
HOPELESS = frozenset(
    {
        "PatientNotKnown",
        PatientCannotBook.__name__,
        TooManyAppointments.__name__,
        FeatureIsOff.__name__,
        WriteBackIsOff.__name__,
    }
)
"""Refusals that are not about the time: another would be refused just so."""
LONGEST_LABEL = 200
_MOST_DAYS = 180


def arrive(step: BookStep, standing: BotStanding) -> Outcome:
    return Stay(replace(standing, awaits="slots", offered=(), chosen=None), wants=_wanted(step, standing))


def hear_slots(step: BookStep, standing: BotStanding, slots: Sequence[OfferedSlot]) -> Outcome:
    """Offer them as buttons, or go elsewhere where there are none."""
    offered = _told_apart(slots[: step.most])
    if not offered:
        return GoOn((_said(step.no_slots_text, standing),), to=step.otherwise)
    asking = replace(standing, awaits="words", offered=offered)
    return Stay(asking, (_asked(step, asking),))


def hear(step: BookStep, standing: BotStanding, heard: Heard) -> Outcome:
    """Take the choice. Who is too early with it waits with us."""
    if standing.awaits == "slots":
        return arrive(step, standing)
    if standing.awaits == "booking":
        return Stay(standing, (_said(step.waiting_text, standing),))
    choice = one_of(heard.text, offers(step, standing))
    chosen = next((slot for slot in standing.offered if slot.label == choice), None)
    if chosen is not None:
        return _booking(step, standing, chosen)
    if choice is not None:
        return GoOn(to=step.otherwise)
    return asked_again(
        standing,
        retry=filled(step.retry, standing.variables.value),
        asks=(_asked(step, standing),),
        retries=step.retries,
        otherwise=step.otherwise,
    )


def hear_booking(step: BookStep, standing: BotStanding, outcome: BookingOutcome) -> Outcome:
    """Say that it is booked; or offer fresh times, twice at most, unless no time at all could be booked."""
    if outcome.starts_at is not None and standing.chosen is not None:
        learnt: dict[str, str | int] = {APPOINTMENT: standing.chosen.label}
        text = filled(step.booked_text, standing.variables.value | learnt)
        return GoOn((Said(text),), to=step.next, learnt=learnt)
    refused = _said(step.refused_text, standing)
    if outcome.refusal in HOPELESS or standing.refusals >= MOST_REFUSALS:
        return GoOn((refused,), to=step.otherwise)
    again = replace(
        standing, awaits="slots", refusals=standing.refusals + 1, tries=0, offered=(), chosen=None
    )
    return Stay(again, (refused,), wants=_wanted(step, standing))


def offers(step: BookStep, standing: BotStanding) -> tuple[str, ...]:
    return (*(slot.label for slot in standing.offered), step.none_of_these)


def ways(step: BookStep) -> Iterator[Way]:
    """Without free times `otherwise` comes at once, so a way round that way would have no end."""
    yield Way("next", step.next, is_at_once=False)
    yield Way("otherwise", step.otherwise, is_at_once=True)


def problems(step: BookStep) -> Iterator[Problem]:
    yield from demands.texts(
        ask=step.ask,
        card_text=step.card_text,
        retry=step.retry,
        waiting_text=step.waiting_text,
        booked_text=step.booked_text,
        refused_text=step.refused_text,
        no_slots_text=step.no_slots_text,
        reason=step.reason,
    )
    yield from demands.titles("none_of_these", (step.none_of_these,))
    yield from demands.retries(step.retries)
    yield from demands.looked_up("specialty", step.specialty)
    yield from demands.looked_up("mode", step.mode)
    if not 0 < step.days <= _MOST_DAYS:
        yield "days", "not from 1 to 180"
    if not 0 < step.most < demands.MOST_CHOICES:
        yield "most", "not from 1 to 9"


def _booking(step: BookStep, standing: BotStanding, chosen: OfferedSlot) -> Outcome:
    reason = None if step.reason is None else filled(step.reason, standing.variables.value)
    waiting = replace(standing, awaits="booking", chosen=chosen, offered=())
    command = BookSlot(chosen.slot_id, Sensitive(reason))
    return Stay(waiting, (_said(step.waiting_text, standing),), command=command)


def _wanted(step: BookStep, standing: BotStanding) -> SlotsWanted:
    return SlotsWanted(step.days, _text(step.specialty, standing), _text(step.mode, standing), step.most)


def _text(value: ContextValue | None, standing: BotStanding) -> str | None:
    """Give what to look for; a variable that holds nothing looks for anything."""
    held = None if value is None else looked_up(value, standing.variables.value)
    return str(held) if held else None


def _told_apart(slots: Sequence[OfferedSlot]) -> tuple[OfferedSlot, ...]:
    """Put numbers on those that look the same, for the patient answers with the words on the button."""
    apart: dict[str, OfferedSlot] = {}
    for slot in slots:
        alike = plain(slot.label)[:LONGEST_LABEL] or slot.starts_at.isoformat()
        labels = (alike, *(f"{alike} ({number})" for number in range(2, len(slots) + 1)))
        label = next(label for label in labels if likened(label) not in apart)
        apart[likened(label)] = replace(slot, label=label)
    return tuple(apart.values())


def _asked(step: BookStep, standing: BotStanding) -> Said:
    buttons = offers(step, standing)
    text = filled(step.ask, standing.variables.value)
    return Said(text, (hero(step.card_text, buttons),), buttons)


def _said(text: str, standing: BotStanding) -> Said:
    return Said(filled(text, standing.variables.value))


KIND = StepKind(arrive, ways, problems, hear, offers)
