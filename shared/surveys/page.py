"""What somebody who follows a link sees: the questions, or why there are none. Nothing of the patient.

A link may be forwarded, so the page must be fit for anybody's eyes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.kernel.sensitive import Sensitive
from shared.surveys.answering import Wrong, filled_in
from shared.surveys.model import Form, Invitation, Question, Survey

Stands = Literal["open", "incomplete", "thanks", "answered", "expired", "closed"]
"""Whether there is something to answer, it was filled in wrongly, has just been answered, had been before, or
can be no longer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it stands on the page, with what was filled in and what is wrong with that."""

    question: Question
    filled_in: Sensitive[tuple[str, ...]] = field(default_factory=lambda: Sensitive(tuple[str, ...]()))
    wrong: Wrong | None = None


@dataclass(frozen=True, slots=True)
class SurveyView:
    """The page: words of the survey's maker, and the form's own where it comes back."""

    stands: Stands
    language: str
    title: str
    thank_you: str
    asked: tuple[Asked, ...] = ()


def the_questions(survey: Survey) -> SurveyView:
    """Show the form, empty."""
    return _view("open", survey, tuple(Asked(question) for question in survey.questions))


def the_questions_again(survey: Survey, form: Form, wrongs: tuple[Wrong, ...]) -> SurveyView:
    """Show the form as it was filled in, with what is wrong."""
    by_question = {wrong.question_id: wrong for wrong in wrongs}
    asked = tuple(
        Asked(question, Sensitive(filled_in(question, form)), by_question.get(question.id))
        for question in survey.questions
    )
    return _view("incomplete", survey, asked)


def the_thanks(survey: Survey) -> SurveyView:
    """Say thank you to whoever has just answered."""
    return _view("thanks", survey)


def why_not(invitation: Invitation, survey: Survey, *, is_live: bool, now: datetime) -> SurveyView | None:
    """Show why nothing can be answered, or give None where it can. Who has answered is never told off."""
    if invitation.state == "responded":
        return _view("answered", survey)
    if invitation.expires_at <= now:
        return _view("expired", survey)
    return None if is_live else _view("closed", survey)


def _view(stands: Stands, survey: Survey, asked: tuple[Asked, ...] = ()) -> SurveyView:
    return SurveyView(stands, survey.language, survey.title, survey.thank_you, asked)
