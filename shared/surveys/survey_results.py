"""How content were those who answered?"""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.surveys.documents import survey_at, tallies_of
from shared.surveys.tallies import Satisfaction, satisfaction_of, together


@dataclass(frozen=True, slots=True)
class ResultsShown:
    """The figures of one survey, over all its versions."""

    survey_id: str
    title: str
    satisfaction: Satisfaction


@dataclass(frozen=True, slots=True)
class SurveyResults:
    """Adds up what the buckets have counted; every count was written in the commit of what it counts.

    The buckets are read one after the other: an answer that comes meanwhile may be in or not.
    """

    documents: Documents

    def __call__(self, *, survey_id: str) -> ResultsShown:
        """Give the figures, or raise `NoSuchSurvey`."""
        survey = survey_at(self.documents, survey_id).body
        counted = together(tallies_of(self.documents, survey_id))
        return ResultsShown(survey.id, survey.title, satisfaction_of(counted))
