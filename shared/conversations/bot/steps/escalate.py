"""Hand over to a person (BH-4, BH-9)."""

from collections.abc import Iterator

from shared.conversations.bot.contexts import resolved
from shared.conversations.bot.model import BotStanding, Escalate, Said
from shared.conversations.bot.script import EscalateStep
from shared.conversations.bot.steps import demands
from shared.conversations.bot.steps.outcome import Leave, Outcome, StepKind, Way
from shared.conversations.bot.words import filled
from shared.kernel.problems import Problem


def arrive(step: EscalateStep, standing: BotStanding) -> Outcome:
    known = standing.variables.value
    summary = None if step.summary is None else filled(step.summary, known)
    said = () if step.text is None else (Said(filled(step.text, known)),)
    return Leave(Escalate(resolved(step.context, known), summary), said)


def ways(_step: EscalateStep) -> Iterator[Way]:
    yield from ()


def problems(step: EscalateStep) -> Iterator[Problem]:
    yield from demands.texts(text=step.text, summary=step.summary)
    yield from demands.context("context", step.context)


KIND = StepKind(arrive, ways, problems)
