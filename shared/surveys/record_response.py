"""Take in what a patient answers (SU-4, SU-7, SU-9)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.conversations.model import RecordSatisfaction
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Documents, announcing, replacing
from shared.kernel.identity import derived
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.kernel.sensitive import Sensitive
from shared.surveys.answering import answers_in, rating_in, wrongs_in
from shared.surveys.documents import (
    invitation_at,
    kept_tally,
    response_id,
    survey_as_it_was,
    survey_at,
    tally_at,
)
from shared.surveys.model import Form, Invitation, Response, Survey, SurveyAnswered, Tally
from shared.surveys.page import SurveyView, the_questions_again, the_thanks, why_not
from shared.surveys.tallies import with_rating
from shared.surveys.translations import in_language
from shared.tasks.model import CreateTask

ALERT_DUE_AFTER = timedelta(days=2)
"""How soon somebody shall look after a patient who was not content."""


@dataclass(frozen=True, slots=True)
class RecordResponse:
    """Keeps the first answer to an invitation and counts it, in one commit, so that it is counted once.

    What comes again finds it answered and changes nothing, be it a double click or the same moment twice.
    The page speaks the patient's language; options are kept in the survey's own, so that answers compare.
    """

    documents: Documents

    def __call__(self, form: Form, *, survey_id: str, invitation_id: str, now: datetime) -> SurveyView:
        """Give the page to show. Raises `NoSuchInvitation` or `NoSuchSurvey`."""
        invitation = invitation_at(self.documents, survey_id, invitation_id)
        survey = survey_as_it_was(self.documents, survey_id, invitation.body.survey_version)
        current = survey_at(self.documents, survey_id).body
        shown = in_language(survey, invitation.body.language)
        refused = why_not(invitation.body, shown, is_live=current.state == "live", now=now)
        if refused is not None:
            return refused
        wrongs = wrongs_in(survey, form)
        if wrongs:
            return the_questions_again(shown, form, wrongs)
        self._keep(invitation, _response(invitation.body, survey, form, now), survey, now)
        return the_thanks(shown)

    def _keep(
        self, invitation: Document[Invitation], response: Response, survey: Survey, now: datetime
    ) -> None:
        """Write it all. Raises `LostRace` where somebody else was quicker."""
        before = tally_at(self.documents, invitation.partition)
        tally = with_rating(before.body if before else Tally(), response.satisfaction.value)
        create = Create(response_id(response.invitation_id), response)
        responded = replace(invitation.body, state="responded", responded_at=now)
        try:
            self.documents.commit(
                invitation.partition,
                changes=[create, replacing(invitation, responded), kept_tally(before, tally)],
                announcements=_told(response, survey, create, now),
            )
        except AlreadyExists:
            raise LostRace from None


def _response(invitation: Invitation, survey: Survey, form: Form, now: datetime) -> Response:
    return Response(
        invitation_id=invitation.id,
        survey_id=survey.id,
        survey_version=survey.version,
        conversation_id=invitation.conversation_id,
        patient_id=invitation.patient_id,
        satisfaction=Sensitive(rating_in(survey, form)),
        answers=answers_in(survey, form),
        answered_at=now,
    )


def _told(response: Response, survey: Survey, create: Create, now: datetime) -> list[Announcement]:
    rated = RecordSatisfaction(
        response.conversation_id,
        response.invitation_id,
        response.survey_id,
        response.satisfaction,
        response.answered_at,
    )
    answered = SurveyAnswered(
        response.survey_id, response.invitation_id, response.patient_id, response.answered_at
    )
    told = [announcing(one, of=create, named=response.invitation_id) for one in (rated, answered)]
    if response.satisfaction.value < survey.alert_below:
        task = _task(response, survey, now)
        told.append(announcing(task, of=create, named=task.task_id))
    return told


def _task(response: Response, survey: Survey, now: datetime) -> CreateTask:
    """Ask that somebody look after it; the task's words do not repeat what the patient wrote."""
    said = f"{response.satisfaction.value} of 5"
    return CreateTask(
        task_id=derived("low satisfaction", response.invitation_id),
        patient_id=response.patient_id,
        code="low-satisfaction",
        description=Sensitive(
            f"After a conversation the patient rated it {said}. Read the answers and get in touch."
        ),
        because=f"survey~{survey.id}~{response.invitation_id}",
        focus=f"conversation/{response.conversation_id}",
        priority="urgent",
        due_at=now + ALERT_DUE_AFTER,
        team=survey.alert_team,
    )
