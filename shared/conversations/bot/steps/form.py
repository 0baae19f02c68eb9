"""Ask for several things on one card (BH-3)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from shared.conversations.bot.answers import LARGEST, answer
from shared.conversations.bot.cards import STEP, adaptive
from shared.conversations.bot.model import BotStanding, Heard, Said
from shared.conversations.bot.script import FormField, FormStep
from shared.conversations.bot.steps import demands
from shared.conversations.bot.steps.again import asked_again
from shared.conversations.bot.steps.outcome import GoOn, Outcome, Stay, StepKind, Way
from shared.conversations.bot.words import filled, plain
from shared.kernel.problems import Problem
from shared.kernel.sensitive import Sensitive

_MOST_FIELDS = 20


def arrive(step: FormStep, standing: BotStanding) -> Outcome:
    return Stay(standing, (_asked(step, standing),))


def hear(step: FormStep, standing: BotStanding, heard: Heard) -> Outcome:
    """Keep what was filled in; ask again, keeping what was right, while anything is missing or is wrong."""
    given = _submitted(step, heard)
    answers = {field.id: _answer(field, given.get(field.id)) for field in step.fields}
    wrong = [field.label for field in step.fields if answers[field.id] is None]
    learnt = {name: value for name, value in answers.items() if value is not None}
    if not wrong and given:
        return GoOn(to=step.next, learnt=learnt)
    wrong = wrong or [field.label for field in step.fields]
    known = standing.variables.value | ({} if not given else learnt)
    keeping = replace(standing, variables=Sensitive(known))
    return asked_again(
        keeping,
        retry=filled(step.retry, known | {"fields": ", ".join(wrong)}),
        asks=(_asked(step, keeping),),
        retries=step.retries,
        otherwise=step.otherwise,
    )


def ways(step: FormStep) -> Iterator[Way]:
    yield Way("next", step.next, is_at_once=False)
    yield Way("otherwise", step.otherwise, is_at_once=False)


def problems(step: FormStep) -> Iterator[Problem]:
    yield from demands.texts(ask=step.ask, retry=step.retry)
    yield from demands.titles("submit", (step.submit,))
    yield from demands.retries(step.retries)
    if not 0 < len(step.fields) <= _MOST_FIELDS:
        yield "fields", "not from 1 to 20"
    times = Counter(field.id for field in step.fields)
    for number, field in enumerate(step.fields):
        if times[field.id] > 1 or field.id == STEP:
            yield f"fields.{number}.id", "taken already"
        yield from ((f"fields.{number}.{name}", problem) for name, problem in _problems_of(field))


def _problems_of(field: FormField) -> Iterator[Problem]:
    yield from demands.variable("id", field.id)
    yield from demands.titles("label", (field.label,))
    yield from demands.longest("longest", field.longest)
    if field.type == "choice":
        yield from demands.titles("choices", field.choices)
    elif field.choices:
        yield "choices", "only where the type is choice"


def _submitted(step: FormStep, heard: Heard) -> Mapping[str, Any]:
    """Give what came back from this step's card; from a card of another step nothing is taken."""
    given = heard.value or {}
    return given if given.get(STEP, step.id) == step.id else {}


def _answer(field: FormField, given: Any) -> str | int | None:
    """Read one field: "" where it may be left empty and is, None where it is wrong."""
    spelt = _spelt(given)
    if spelt is not None and not plain(spelt) and not field.required:
        return ""
    return None if spelt is None else answer(spelt, field.type, longest=field.longest, choices=field.choices)


def _spelt(given: Any) -> str | None:
    """Spell what a card gave for a field; clients send numbers as numbers or as text. Lists are no answer."""
    match given:
        case None:
            return ""
        case str():
            return given
        case bool():
            return None
        case int() | float() if abs(given) <= LARGEST and given == int(given):
            return str(int(given))
        case _:
            return None


def _asked(step: FormStep, standing: BotStanding) -> Said:
    known = standing.variables.value
    return Said(filled(step.ask, known), (adaptive(step, known),))


KIND = StepKind(arrive, ways, problems, hear)
