"""Let the record know what a patient answered (FH-7)."""

from dataclasses import dataclass
from datetime import datetime

from shared.exchange.keep_in_record import KeepInRecord, OwnResource
from shared.fhir.ports import Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.surveys.documents import bucket_partition, response_id, survey_as_it_was
from shared.surveys.in_fhir import (
    questionnaire,
    questionnaire_id,
    questionnaire_response,
    questionnaire_response_id,
)
from shared.surveys.model import Response, SurveyAnswered


@dataclass(frozen=True, slots=True)
class WriteAnswersToRecord:
    """Writes the answers as a QuestionnaireResponse, once and for all, and before it what was asked.

    Of the two each is written where its own entity map lets the house write it. `address` is the house's own,
    by which its surveys are named. What was erased here before is not written.
    """

    documents: Documents
    keep: KeepInRecord
    address: str

    def __call__(self, answered: SurveyAnswered, *, now: datetime) -> None:
        """Write them, or raise what `KeepInRecord` raises."""
        if not self.keep.allows("QuestionnaireResponse"):
            return
        response = self._response(answered)
        if response is None:
            return
        survey = survey_as_it_was(self.documents, response.survey_id, response.survey_version)
        asked = questionnaire(survey, address=self.address)
        self.keep(OwnResource("Questionnaire", questionnaire_id(survey)), lambda _: asked, now=now)

        def spell(subject: PatientId | None) -> Resource | None:
            given = self._response(answered)
            if given is None or subject is None:
                return None
            return questionnaire_response(given, survey, subject, address=self.address)

        own = OwnResource(
            "QuestionnaireResponse", questionnaire_response_id(response.survey_id, response.invitation_id)
        )
        self.keep(own, spell, patient_id=response.patient_id, now=now)

    def _response(self, answered: SurveyAnswered) -> Response | None:
        partition = bucket_partition(answered.survey_id, answered.invitation_id)
        found = self.documents.look(partition, response_id(answered.invitation_id), Response)
        return found.body if found else None
