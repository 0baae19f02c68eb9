"""What a survey must be to be kept (SU-1, SU-4): pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import Nonsense
from shared.messaging.model import Channel
from shared.surveys.model import ChoiceQuestion, Question, RatingQuestion, Survey, SurveyDraft
from shared.surveys.translations import problems_of_translations
from shared.surveys.wording import is_language, is_wording, problems_of_wording

LONGEST_VALIDITY = 1095
"""Days for which a link may be good (SU-4)."""
MOST_QUESTIONS = 20
MOST_OPTIONS = 20
HIGHEST_ALERT = 6
LONGEST_REST = 365
"""Days for which nobody may be asked again."""
_CHANNELS = {Channel.SMS, Channel.EMAIL}


def drafted(survey_id: str, draft: SurveyDraft, before: Survey | None) -> Survey:
    """Make the definition of a draft. Raises `Nonsense` naming all that is wrong with it.

    A new version is made by anything but the state: opening and closing changes no question.
    """
    problems = list(_problems(survey_id, draft))
    if problems:
        raise Nonsense(*problems)
    survey = Survey(
        id=survey_id,
        version=before.version if before else 1,
        title=draft.title,
        thank_you=draft.thank_you,
        template_id=draft.template_id,
        channels=draft.channels,
        questions=draft.questions,
        language=draft.language,
        valid_days=draft.valid_days,
        alert_below=draft.alert_below,
        alert_team=draft.alert_team,
        state=draft.state,
        again_after_days=draft.again_after_days,
        translations=draft.translations,
    )
    if before is None or replace(survey, state=before.state) == before:
        return survey
    return replace(survey, version=before.version + 1)


def _problems(survey_id: str, draft: SurveyDraft) -> Iterator[Problem]:
    if not is_definition_id(survey_id):
        yield "survey_id", NO_DEFINITION_ID
    yield from problems_of_wording("title", draft.title)
    yield from problems_of_wording("thank_you", draft.thank_you)
    if not is_definition_id(draft.template_id):
        yield "template_id", "not the id of a template"
    if (
        not draft.channels
        or len(set(draft.channels)) < len(draft.channels)
        or set(draft.channels) - _CHANNELS
    ):
        yield "channels", "not sms, email or both in some order"
    if not is_language(draft.language):
        yield "language", "not a language tag (BCP 47)"
    if not 1 <= draft.valid_days <= LONGEST_VALIDITY:
        yield "valid_days", "not from 1 to 1095"
    if not 1 <= draft.alert_below <= HIGHEST_ALERT:
        yield "alert_below", "not from 1 to 6"
    if draft.alert_team is not None and not is_wording(draft.alert_team):
        yield "alert_team", "not a team"
    if not 0 <= draft.again_after_days <= LONGEST_REST:
        yield "again_after_days", "not from 0 to 365"
    yield from _problems_of_questions(draft.questions)
    yield from problems_of_translations(draft)


def _problems_of_questions(questions: tuple[Question, ...]) -> Iterator[Problem]:
    if not 0 < len(questions) <= MOST_QUESTIONS:
        yield "questions", "not from 1 to 20"
    counted = [one for one in questions if isinstance(one, RatingQuestion) and one.measures_satisfaction]
    if len(counted) != 1 or not counted[0].required:
        yield "questions", "not exactly one required rating that measures satisfaction"
    times = Counter(question.id for question in questions)
    for number, question in enumerate(questions):
        if times[question.id] > 1:
            yield f"questions.{number}.id", "not the only one"
        for field, problem in _problems_of(question):
            yield f"questions.{number}.{field}", problem


def _problems_of(question: Question) -> Iterator[Problem]:
    if not is_definition_id(question.id):
        yield "id", NO_DEFINITION_ID
    yield from problems_of_wording("text", question.text)
    match question:
        case RatingQuestion(lowest=lowest, highest=highest):
            if any(end and not is_wording(end) for end in (lowest, highest)):
                yield "lowest", "not words of up to 500 characters"
        case ChoiceQuestion(options=options):
            if not 2 <= len(options) <= MOST_OPTIONS or len(set(options)) < len(options):
                yield "options", "not from 2 to 20 different ones"
            if not all(map(is_wording, options)):
                yield "options", "not words of up to 500 characters"
        case _:
            return
