"""Go one of two ways (BH-3)."""

from collections.abc import Iterator

from shared.conversations.bot.answers import day, whole_number
from shared.conversations.bot.conditions import is_true
from shared.conversations.bot.model import BotStanding
from shared.conversations.bot.script import AllOf, AnyOf, BranchStep, Comparison, Condition
from shared.conversations.bot.steps import demands
from shared.conversations.bot.steps.outcome import GoOn, Outcome, StepKind, Way
from shared.conversations.bot.words import plain
from shared.kernel.problems import Problem

_DEEPEST = 5
_MOST_PARTS = 20


def arrive(step: BranchStep, standing: BotStanding) -> Outcome:
    return GoOn(to=step.then if is_true(step.when, standing.variables.value) else step.otherwise)


def ways(step: BranchStep) -> Iterator[Way]:
    yield Way("then", step.then, is_at_once=True)
    yield Way("otherwise", step.otherwise, is_at_once=True)


def problems(step: BranchStep) -> Iterator[Problem]:
    yield from _problems_of("when", step.when, 1)


def _problems_of(field: str, condition: Condition, depth: int) -> Iterator[Problem]:
    match condition:
        case AllOf(parts):
            yield from _problems_of_parts(f"{field}.all_of", parts, depth)
        case AnyOf(parts):
            yield from _problems_of_parts(f"{field}.any_of", parts, depth)
        case Comparison():
            yield from _problems_of_comparison(field, condition)


def _problems_of_parts(field: str, parts: tuple[Condition, ...], depth: int) -> Iterator[Problem]:
    if not 0 < len(parts) <= _MOST_PARTS:
        yield field, "not from 1 to 20"
    if depth >= _DEEPEST:
        yield field, "deeper than 5"
        return
    for number, part in enumerate(parts):
        yield from _problems_of(f"{field}.{number}", part, depth + 1)


def _problems_of_comparison(field: str, comparison: Comparison) -> Iterator[Problem]:
    yield from demands.variable(f"{field}.variable", comparison.variable)
    yield from demands.looked_up(f"{field}.value", comparison.value)
    if comparison.operator == "is_set":
        return
    if comparison.value is None or not plain(str(comparison.value)):
        yield f"{field}.value", "missing"
    elif comparison.operator in {"above", "below"} and not _is_ordered(str(comparison.value)):
        yield f"{field}.value", "neither a whole number nor a day"


def _is_ordered(value: str) -> bool:
    return whole_number(value) is not None or day(value) is not None


KIND = StepKind(arrive, ways, problems)
