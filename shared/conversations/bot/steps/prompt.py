"""Ask for one thing (BH-3): typed, or chosen from buttons."""

from collections.abc import Iterator

from shared.conversations.bot.answers import answer
from shared.conversations.bot.cards import hero
from shared.conversations.bot.model import BotStanding, Heard, Said
from shared.conversations.bot.script import PromptStep
from shared.conversations.bot.steps import demands
from shared.conversations.bot.steps.again import asked_again
from shared.conversations.bot.steps.outcome import GoOn, Outcome, Stay, StepKind, Way
from shared.conversations.bot.words import filled
from shared.kernel.problems import Problem


def arrive(step: PromptStep, standing: BotStanding) -> Outcome:
    return Stay(standing, (_asked(step, standing),))


def hear(step: PromptStep, standing: BotStanding, heard: Heard) -> Outcome:
    """Keep the answer, or ask again."""
    given = answer(heard.text, step.type, longest=step.longest, choices=step.choices)
    if given is not None:
        return GoOn(to=step.next, learnt={step.variable: given})
    return asked_again(
        standing,
        retry=filled(step.retry, standing.variables.value),
        asks=(_asked(step, standing),),
        retries=step.retries,
        otherwise=step.otherwise,
    )


def offers(step: PromptStep, _standing: BotStanding) -> tuple[str, ...]:
    return step.choices


def ways(step: PromptStep) -> Iterator[Way]:
    yield Way("next", step.next, is_at_once=False)
    yield Way("otherwise", step.otherwise, is_at_once=False)


def problems(step: PromptStep) -> Iterator[Problem]:
    yield from demands.texts(ask=step.ask, retry=step.retry, card_text=step.card_text)
    yield from demands.variable("variable", step.variable)
    yield from demands.retries(step.retries)
    yield from demands.longest("longest", step.longest)
    if step.type == "choice":
        yield from demands.titles("choices", step.choices)
    elif step.choices:
        yield "choices", "only where the type is choice"


def _asked(step: PromptStep, standing: BotStanding) -> Said:
    cards = (hero(step.card_text, step.choices),) if step.choices else ()
    return Said(filled(step.ask, standing.variables.value), cards, step.choices)


KIND = StepKind(arrive, ways, problems, hear, offers)
