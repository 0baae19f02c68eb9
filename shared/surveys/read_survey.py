"""Show one survey."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.surveys.documents import survey_at
from shared.surveys.put_survey import KeptSurvey


@dataclass(frozen=True, slots=True)
class ReadSurvey:
    """Gives a survey as it now is, and the etag to change it by."""

    documents: Documents

    def __call__(self, *, survey_id: str) -> KeptSurvey:
        """Give it, or raise `NoSuchSurvey`."""
        found = survey_at(self.documents, survey_id)
        return KeptSurvey(found.body, found.etag)
