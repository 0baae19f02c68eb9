"""The bot's engine: words in, a turn out. Pure; it sends nothing and writes nothing (BH-1…BH-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.conversations.bot.contexts import resolved
from shared.conversations.bot.model import (
    BookingOutcome,
    BotStanding,
    Escalate,
    Heard,
    OfferedSlot,
    Said,
    Scenario,
    Turn,
)
from shared.conversations.bot.script import BookStep, Step
from shared.conversations.bot.steps import book, branch, confirm, end, escalate, form, prompt, statement
from shared.conversations.bot.steps.outcome import GoOn, Leave, Outcome, Stay, StepKind
from shared.conversations.bot.words import filled, one_of, plain, says_any
from shared.kernel.sensitive import Sensitive

STEPS: dict[str, StepKind] = {
    "statement": statement.KIND,
    "prompt": prompt.KIND,
    "form": form.KIND,
    "branch": branch.KIND,
    "confirm": confirm.KIND,
    "book": book.KIND,
    "escalate": escalate.KIND,
    "end": end.KIND,
}

MOST_STEPS = 50
"""Steps of one turn, and of a scenario: one that was kept never meets the same step twice in a turn."""
ASKED_FOR = "The patient asked for a person."
LOST = "The bot could not go on."


def begin(scenario: Scenario, context: Mapping[str, str | int]) -> Turn:
    """Speak first (BH-2); `context` is what the bot knows of the patient, as variables."""
    known = {name: plain(value) if isinstance(value, str) else value for name, value in context.items()}
    nowhere = BotStanding(scenario.id, scenario.version, "", Sensitive(known), 1)
    first = scenario.steps[0].id if scenario.steps else None
    return _run(scenario, nowhere, GoOn(to=first))


def hear(scenario: Scenario, standing: BotStanding, heard: Heard) -> Turn:
    """Answer the patient. Never raises, whatever was heard; a bot that is over says nothing.

    An escape word hands over at once, unless it is the very answer that was offered.
    """
    if standing.is_over:
        return Turn((), standing)
    turned = _turned(standing)
    step = _step(scenario, standing.position)
    if step is None:
        return _lost(scenario, turned, ())
    kind = STEPS[step.kind]
    is_offered = one_of(heard.text, kind.offers(step, standing)) is not None
    if not is_offered and says_any(heard.text, scenario.escape_words):
        return _handed_over(scenario, turned, (), scenario.escape_summary or ASKED_FOR)
    return _run(scenario, turned, kind.hear(step, turned, heard))


def hear_slots(scenario: Scenario, standing: BotStanding, slots: Sequence[OfferedSlot]) -> Turn:
    """Go on with the free times that were wanted, none at all being an answer too.

    A bot that waits for none stays as it is.
    """
    step = _step(scenario, standing.position)
    if not isinstance(step, BookStep) or standing.awaits != "slots":
        return Turn((), standing)
    turned = _turned(standing)
    return _run(scenario, turned, book.hear_slots(step, turned, slots))


def hear_booking(scenario: Scenario, standing: BotStanding, outcome: BookingOutcome) -> Turn:
    """Go on once the booking is settled. A bot that waits for none, or is over, stays as it is."""
    step = _step(scenario, standing.position)
    if not isinstance(step, BookStep) or standing.awaits != "booking":
        return Turn((), standing)
    turned = _turned(standing)
    return _run(scenario, turned, book.hear_booking(step, turned, outcome))


def give_up(scenario: Scenario, standing: BotStanding) -> Turn:
    """Hand over because the conversation cannot follow any further; nothing is being booked then."""
    return _lost(scenario, replace(standing, chosen=None), ())


def _run(scenario: Scenario, standing: BotStanding, outcome: Outcome) -> Turn:
    """Go through the steps until one must wait or the bot is done; too many of them, and a person goes on."""
    said: tuple[Said, ...] = ()
    for _ in range(1 + MOST_STEPS):
        said += outcome.said
        match outcome:
            case Stay(waiting, command=command, wants=wants):
                return Turn(said, waiting, command, wants)
            case Leave(command):
                return Turn(said, _over(standing), command)
            case GoOn(to=to, learnt=learnt):
                step = _step(scenario, to) if to is not None else _following(scenario, standing.position)
        if step is None:
            break
        standing = _arriving(standing, step, learnt)
        outcome = STEPS[step.kind].arrive(step, standing)
    return _lost(scenario, standing, said)


def _arriving(standing: BotStanding, step: Step, learnt: Mapping[str, str | int]) -> BotStanding:
    known = Sensitive({**standing.variables.value, **learnt})
    return BotStanding(standing.scenario_id, standing.scenario_version, step.id, known, standing.turns)


def _turned(standing: BotStanding) -> BotStanding:
    return replace(standing, turns=standing.turns + 1)


def _over(standing: BotStanding) -> BotStanding:
    return replace(standing, position=None, awaits="words", tries=0, refusals=0, offered=(), chosen=None)


def _lost(scenario: Scenario, standing: BotStanding, said: tuple[Said, ...]) -> Turn:
    return _handed_over(scenario, standing, said, LOST)


def _handed_over(scenario: Scenario, standing: BotStanding, said: tuple[Said, ...], summary: str) -> Turn:
    """Hand over out of turn; a booking that is under way is said, for the bot hears of it no more."""
    known = standing.variables.value
    under_way = f" A booking is under way: {standing.chosen.label}." if standing.chosen else ""
    command = Escalate(resolved(scenario.escape_context, known), filled(summary, known) + under_way)
    farewell = () if scenario.escape_text is None else (Said(filled(scenario.escape_text, known)),)
    return Turn((*said, *farewell), _over(standing), command)


def _step(scenario: Scenario, step_id: str | None) -> Step | None:
    return next((step for step in scenario.steps if step.id == step_id), None)


def _following(scenario: Scenario, step_id: str | None) -> Step | None:
    ids = [step.id for step in scenario.steps]
    after = ids.index(step_id) + 1 if step_id in ids else len(ids)
    return scenario.steps[after] if after < len(ids) else None
