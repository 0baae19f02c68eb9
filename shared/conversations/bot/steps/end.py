"""Say goodbye and end the conversation (BH-6)."""

from collections.abc import Iterator

from shared.conversations.bot.contexts import resolved
from shared.conversations.bot.model import BotStanding, EndConversation, Said
from shared.conversations.bot.script import EndStep
from shared.conversations.bot.steps import demands
from shared.conversations.bot.steps.outcome import Leave, Outcome, StepKind, Way
from shared.conversations.bot.words import filled
from shared.kernel.problems import Problem


def arrive(step: EndStep, standing: BotStanding) -> Outcome:
    known = standing.variables.value
    said = () if step.text is None else (Said(filled(step.text, known)),)
    return Leave(EndConversation(resolved(step.context, known)), said)


def ways(_step: EndStep) -> Iterator[Way]:
    yield from ()


def problems(step: EndStep) -> Iterator[Problem]:
    yield from demands.texts(text=step.text)
    yield from demands.context("context", step.context)


KIND = StepKind(arrive, ways, problems)
