"""From what a form says to answers, or to what is wrong with it: pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.kernel.sensitive import Sensitive
from shared.surveys.model import (
    RATINGS,
    Answer,
    ChoiceQuestion,
    Form,
    Question,
    RatingQuestion,
    Survey,
    TextQuestion,
)

LONGEST_TEXT = 4_000
"""Characters of an answer in words."""

Problem = Literal["missing", "not_one_of_these", "too_many", "too_long"]

_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What is no text at all; tabs and line ends are."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the answer to one question."""

    question_id: str
    problem: Problem


def wrongs_in(survey: Survey, form: Form) -> tuple[Wrong, ...]:
    """Name every question whose answer cannot be taken, in their order; none means that all can."""
    return tuple(_wrongs(survey, form))


def answers_in(survey: Survey, form: Form) -> tuple[Answer, ...]:
    """Give the answers of a form in which nothing is wrong; what was left out is not among them."""
    return tuple(_answers(survey, form))


def rating_in(survey: Survey, form: Form) -> int:
    """Give the satisfaction, from 1 to 5, of a form in which nothing is wrong."""
    (given,) = filled_in(survey.satisfaction_question, form)
    return int(given)


def filled_in(question: Question, form: Form) -> tuple[str, ...]:
    """Give what was filled in for a question, cleaned of what is no text, without what was left blank.

    A choice is the place of an option, counted from 1. Markup and formulas stay as they are: they harm
    nobody as long as they are escaped wherever they are shown.
    """
    given = (_cleaned(text) for text in form.get(question.id, ()))
    if isinstance(question, TextQuestion):
        return tuple(text for text in given if text.strip())
    return tuple(dict.fromkeys(text for text in given if text))


def _wrongs(survey: Survey, form: Form) -> Iterator[Wrong]:
    for question in survey.questions:
        problem = _problem(question, filled_in(question, form))
        if problem is not None:
            yield Wrong(question.id, problem)


def _answers(survey: Survey, form: Form) -> Iterator[Answer]:
    for question in survey.questions:
        given = filled_in(question, form)
        if isinstance(question, ChoiceQuestion):
            given = tuple(question.options[int(place) - 1] for place in given)
        if given:
            yield Answer(question.id, Sensitive(given))


def _problem(question: Question, given: tuple[str, ...]) -> Problem | None:
    if not given:
        return "missing" if question.required else None
    if len(given) > 1 and not (isinstance(question, ChoiceQuestion) and question.several):
        return "too_many"
    match question:
        case RatingQuestion():
            return _outside(given, [str(rating) for rating in RATINGS])
        case ChoiceQuestion(options=options):
            return _outside(given, [str(place) for place in range(1, len(options) + 1)])
        case TextQuestion():
            return "too_long" if max(map(len, given)) > LONGEST_TEXT else None


def _outside(given: tuple[str, ...], allowed: Sequence[str]) -> Problem | None:
    return None if set(given) <= set(allowed) else "not_one_of_these"


def _cleaned(text: str) -> str:
    return _CONTROL.sub("", _LINE_END.sub("\n", text))
