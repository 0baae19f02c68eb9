"""Ask a question of yes or no (BH-3)."""

from collections.abc import Iterator

from shared.conversations.bot.cards import hero
from shared.conversations.bot.model import BotStanding, Heard, Said
from shared.conversations.bot.script import ConfirmStep
from shared.conversations.bot.steps import demands
from shared.conversations.bot.steps.again import asked_again
from shared.conversations.bot.steps.outcome import GoOn, Outcome, Stay, StepKind, Way
from shared.conversations.bot.words import filled, one_of, says_any, starts_with_any
from shared.kernel.problems import Problem

_MOST_WORDS = 40


def arrive(step: ConfirmStep, standing: BotStanding) -> Outcome:
    return Stay(standing, (_asked(step, standing),))


def hear(step: ConfirmStep, standing: BotStanding, heard: Heard) -> Outcome:
    """Take a clear yes or no; whatever speaks both ways ("yes, but not the second one") is asked again."""
    if _says(heard.text, step.yes_words, against=step.no_words):
        return GoOn(to=step.next)
    if _says(heard.text, step.no_words, against=step.yes_words):
        return GoOn(to=step.no)
    return asked_again(
        standing,
        retry=filled(step.retry, standing.variables.value),
        asks=(_asked(step, standing),),
        retries=step.retries,
        otherwise=step.otherwise,
    )


def offers(step: ConfirmStep, _standing: BotStanding) -> tuple[str, ...]:
    return step.yes_words + step.no_words


def ways(step: ConfirmStep) -> Iterator[Way]:
    yield Way("next", step.next, is_at_once=False)
    yield Way("no", step.no, is_at_once=False)
    yield Way("otherwise", step.otherwise, is_at_once=False)


def problems(step: ConfirmStep) -> Iterator[Problem]:
    yield from demands.texts(ask=step.ask, retry=step.retry, card_text=step.card_text)
    yield from demands.retries(step.retries)
    yield from demands.titles("yes_words", step.yes_words, most=_MOST_WORDS)
    yield from demands.titles("no_words", step.no_words, most=_MOST_WORDS)
    for number, word in enumerate(step.no_words):
        if one_of(word, step.yes_words) is not None:
            yield f"no_words.{number}", "among the words for yes"


def _says(text: str, words: tuple[str, ...], *, against: tuple[str, ...]) -> bool:
    if one_of(text, words) is not None:
        return True
    return starts_with_any(text, words) and not says_any(text, against)


def _asked(step: ConfirmStep, standing: BotStanding) -> Said:
    buttons = (*step.yes_words[:1], *step.no_words[:1])
    text = filled(step.ask, standing.variables.value)
    return Said(text, (hero(step.card_text, buttons),), buttons)


KIND = StepKind(arrive, ways, problems, hear, offers)
