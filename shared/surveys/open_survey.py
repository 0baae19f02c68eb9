"""Show a survey to whoever was invited."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.surveys.documents import invitation_at, survey_as_it_was, survey_at
from shared.surveys.page import SurveyView, the_questions, why_not
from shared.surveys.translations import in_language


@dataclass(frozen=True, slots=True)
class OpenSurvey:
    """Gives what stands behind a link, in the language of whoever was invited.

    Nothing is used up by it: mail scanners open every link first.
    """

    documents: Documents

    def __call__(self, *, survey_id: str, invitation_id: str, now: datetime) -> SurveyView:
        """Give it, or raise `NoSuchInvitation` or `NoSuchSurvey`."""
        invitation = invitation_at(self.documents, survey_id, invitation_id).body
        asked = survey_as_it_was(self.documents, survey_id, invitation.survey_version)
        survey = in_language(asked, invitation.language)
        is_live = survey_at(self.documents, survey_id).body.state == "live"
        return why_not(invitation, survey, is_live=is_live, now=now) or the_questions(survey)
