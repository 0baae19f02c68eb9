"""Say something (BH-3)."""

from collections.abc import Iterator

from shared.conversations.bot.model import BotStanding, Said
from shared.conversations.bot.script import StatementStep
from shared.conversations.bot.steps import demands
from shared.conversations.bot.steps.outcome import GoOn, Outcome, StepKind, Way
from shared.conversations.bot.words import filled
from shared.kernel.problems import Problem


def arrive(step: StatementStep, standing: BotStanding) -> Outcome:
    return GoOn((Said(filled(step.text, standing.variables.value)),), to=step.next)


def ways(step: StatementStep) -> Iterator[Way]:
    yield Way("next", step.next, is_at_once=True)


def problems(step: StatementStep) -> Iterator[Problem]:
    yield from demands.texts(text=step.text)


KIND = StepKind(arrive, ways, problems)
