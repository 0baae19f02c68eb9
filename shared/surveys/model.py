"""Surveys after a conversation: what is asked, who was invited, and what they answered (SU-1, SU-4, SU-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, Conflict, NotFound, Stale
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import Channel

SurveyState = Literal["draft", "live", "closed"]
InvitationState = Literal["queued", "responded", "failed"]
"""What an invitation itself knows; what became of its message, messaging knows."""
WhyFailed = Literal["patient_gone", "no_address"]
Look = Literal["smiley", "number"]

RATINGS = (1, 2, 3, 4, 5)
"""What a satisfaction may be: CSAT from 1 (worst) to 5 (best), as SU-7 and SU-8 have it."""

Form = Mapping[str, Sequence[str]]
"""What a page's form says: for each field its values, as they came."""


class NoSuchSurvey(NotFound):
    """There is no such survey."""


class NoSuchInvitation(NotFound):
    """Nobody was invited to a survey here."""


class SurveyIsThere(AlreadyExists):
    """There is such a survey already; who changes it says in If-Match which version was seen."""


class SurveyChangedMeanwhile(Stale):
    """The survey has been changed since it was read."""


class SurveyHasBegun(Conflict):
    """A survey that has been live is no draft any more; close it."""


class SurveyIsOver(Conflict):
    """A survey that was closed stays so; make a new one from it."""


@dataclass(frozen=True, slots=True)
class RatingQuestion:
    """Asks for a number from 1 to 5. The one that `measures_satisfaction` is counted and may raise an alert.

    `lowest` and `highest` say in words what the ends mean.
    """

    kind: Literal["rating"]
    id: str
    text: str
    measures_satisfaction: bool = False
    look: Look = "smiley"
    lowest: str = ""
    highest: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceQuestion:
    """Asks to choose one of several options, or with `several` any number of them."""

    kind: Literal["choice"]
    id: str
    text: str
    options: tuple[str, ...]
    several: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class TextQuestion:
    """Asks for words: one line, or several when it is `long`."""

    kind: Literal["text"]
    id: str
    text: str
    long: bool = False
    required: bool = False


Question = RatingQuestion | ChoiceQuestion | TextQuestion


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """The words of the question with that id in another language; options in the same order."""

    id: str
    text: str
    options: tuple[str, ...] = ()
    lowest: str = ""
    highest: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """All of a survey's words in another language (BCP 47)."""

    language: str
    title: str
    thank_you: str
    questions: tuple[QuestionWords, ...]


@dataclass(frozen=True, slots=True)
class SurveyDraft:
    """What a person says about a survey.

    The invitation is `template_id` on the first of `channels` that reaches the patient; its link is good for
    `valid_days`, and nobody gets another within `again_after_days`, however many conversations they have.
    A satisfaction below `alert_below` makes a task for `alert_team` (SU-9); 1 never does. The words are in
    `language`, and in those of `translations`.
    """

    title: str
    thank_you: str
    template_id: str
    channels: tuple[Channel, ...]
    questions: tuple[Question, ...]
    language: str = "en"
    valid_days: int = 30
    alert_below: int = 3
    alert_team: str | None = None
    state: SurveyState = "draft"
    again_after_days: int = 7
    translations: tuple[Translation, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey as it is kept; see `SurveyDraft`. Whoever was invited answers the version of that time."""

    id: str
    version: int
    title: str
    thank_you: str
    template_id: str
    channels: tuple[Channel, ...]
    questions: tuple[Question, ...]
    language: str
    valid_days: int
    alert_below: int
    alert_team: str | None
    state: SurveyState
    again_after_days: int = 7
    translations: tuple[Translation, ...] = ()

    @property
    def satisfaction_question(self) -> RatingQuestion:
        """Give the one question that is counted: a survey is not kept without it."""
        return next(question for question in self.questions if _measures(question))  # pyright: ignore[reportReturnType]  # only a rating measures


def _measures(question: Question) -> bool:
    return isinstance(question, RatingQuestion) and question.measures_satisfaction


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """A patient has answered; what they said is told to nobody by this."""

    survey_id: str
    invitation_id: str
    patient_id: PatientId
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    """That one patient was asked after one conversation, and how far that has come.

    `language` is what the record said that they speak.
    """

    id: str
    survey_id: str
    survey_version: int
    conversation_id: str
    patient_id: PatientId
    state: InvitationState
    made_at: datetime
    expires_at: datetime
    message_id: str | None = None
    channel: Channel | None = None
    why_failed: WhyFailed | None = None
    responded_at: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """When a patient was last asked, whatever became of it."""

    at: datetime
    invitation_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one question: a rating's digit, the options chosen, or the words."""

    question_id: str
    given: Sensitive[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Response:
    """What one patient answered, once and for all."""

    invitation_id: str
    survey_id: str
    survey_version: int
    conversation_id: str
    patient_id: PatientId
    satisfaction: Sensitive[int]
    answers: tuple[Answer, ...]
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one bucket, or of all together: written in the commit of what they count.

    `ratings` is how many answered 1, 2, 3, 4 and 5. `failed` had no address when they were to be invited, and
    is not among `invited`; whose message came to nothing later is.
    """

    invited: int = 0
    failed: int = 0
    ratings: tuple[int, int, int, int, int] = field(default=(0, 0, 0, 0, 0))

    @property
    def responded(self) -> int:
        return sum(self.ratings)

    @property
    def sum(self) -> int:
        return sum(rating * times for rating, times in zip(RATINGS, self.ratings, strict=True))
