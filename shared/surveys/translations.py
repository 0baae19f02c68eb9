"""A survey in the language of whoever is asked (SU-1): pure."""

from collections.abc import Iterator
from dataclasses import replace

from shared.kernel.problems import Problem
from shared.patients.languages import closest
from shared.surveys.model import (
    ChoiceQuestion,
    Question,
    QuestionWords,
    RatingQuestion,
    Survey,
    SurveyDraft,
    Translation,
)
from shared.surveys.wording import is_language, is_wording, problems_of_wording

MOST_TRANSLATIONS = 20


def in_language(survey: Survey, language: str | None) -> Survey:
    """Give the survey in the words that whoever speaks `language` reads best, or else in its own.

    Only words differ: what is required, counted and how many options there are stays the same.
    """
    by_language = {one.language: one for one in survey.translations}
    chosen = by_language.get(closest([survey.language, *by_language], language) or survey.language)
    if chosen is None:
        return survey
    words = {one.id: one for one in chosen.questions}
    return replace(
        survey,
        language=chosen.language,
        title=chosen.title,
        thank_you=chosen.thank_you,
        questions=tuple(_worded(question, words[question.id]) for question in survey.questions),
    )


def _worded(question: Question, words: QuestionWords) -> Question:
    match question:
        case RatingQuestion():
            return replace(question, text=words.text, lowest=words.lowest, highest=words.highest)
        case ChoiceQuestion():
            return replace(question, text=words.text, options=words.options)
        case _:
            return replace(question, text=words.text)


def problems_of_translations(draft: SurveyDraft) -> Iterator[Problem]:
    """Name what is wrong with the translations: each must say all that the survey says, and nothing else."""
    if len(draft.translations) > MOST_TRANSLATIONS:
        yield "translations", "more than 20"
        return
    spoken = [draft.language.lower()]
    for number, translation in enumerate(draft.translations):
        path = f"translations.{number}"
        if not is_language(translation.language):
            yield f"{path}.language", "not a language tag (BCP 47)"
        if translation.language.lower() in spoken:
            yield f"{path}.language", "not the only one"
        spoken.append(translation.language.lower())
        yield from _problems_of(translation, draft, path)


def _problems_of(translation: Translation, draft: SurveyDraft, path: str) -> Iterator[Problem]:
    yield from problems_of_wording(f"{path}.title", translation.title)
    yield from problems_of_wording(f"{path}.thank_you", translation.thank_you)
    asked = {question.id: question for question in draft.questions}
    if sorted(one.id for one in translation.questions) != sorted(asked):
        yield f"{path}.questions", "not each of the survey's questions once"
        return
    for place, words in enumerate(translation.questions):
        yield from _problems_of_words(words, asked[words.id], f"{path}.questions.{place}")


def _problems_of_words(words: QuestionWords, question: Question, path: str) -> Iterator[Problem]:
    yield from problems_of_wording(f"{path}.text", words.text)
    if any(end and not is_wording(end) for end in (words.lowest, words.highest)):
        yield f"{path}.lowest", "not words of up to 500 characters"
    options = question.options if isinstance(question, ChoiceQuestion) else ()
    if len(words.options) != len(options) or len(set(words.options)) < len(options):
        yield f"{path}.options", "not as many different ones as the question has"
    if not all(map(is_wording, words.options)):
        yield f"{path}.options", "not words of up to 500 characters"
