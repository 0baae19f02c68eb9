"""The acts of room surveys, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.adapters.survey_page import SurveyPages
    from shared.surveys.invite_to_survey import InviteToSurvey
    from shared.surveys.list_surveys import ListSurveys
    from shared.surveys.open_survey import OpenSurvey
    from shared.surveys.put_survey import PutSurvey
    from shared.surveys.read_conversation_survey import ReadConversationSurvey
    from shared.surveys.read_survey import ReadSurvey
    from shared.surveys.record_response import RecordResponse
    from shared.surveys.survey_results import SurveyResults


class SurveysActs(Ports):
    """What room surveys can do."""

    @once
    def put_survey(self) -> "PutSurvey":
        from shared.surveys.put_survey import PutSurvey

        return PutSurvey(self.documents)

    @once
    def read_survey(self) -> "ReadSurvey":
        from shared.surveys.read_survey import ReadSurvey

        return ReadSurvey(self.documents)

    @once
    def list_surveys(self) -> "ListSurveys":
        from shared.surveys.list_surveys import ListSurveys

        return ListSurveys(self.documents)

    @once
    def survey_results(self) -> "SurveyResults":
        from shared.surveys.survey_results import SurveyResults

        return SurveyResults(self.documents)

    @once
    def invite_to_survey(self) -> "InviteToSurvey":
        from shared.surveys.invite_to_survey import InviteToSurvey

        return InviteToSurvey(
            self.documents,
            self.read_profile,
            self.seals,
            self.settings.public_address,
            self.live_features,
        )

    @once
    def open_survey(self) -> "OpenSurvey":
        from shared.surveys.open_survey import OpenSurvey

        return OpenSurvey(self.documents)

    @once
    def record_response(self) -> "RecordResponse":
        from shared.surveys.record_response import RecordResponse

        return RecordResponse(self.documents)

    @once
    def read_conversation_survey(self) -> "ReadConversationSurvey":
        from shared.surveys.read_conversation_survey import ReadConversationSurvey

        return ReadConversationSurvey(self.documents)

    @once
    def survey_pages(self) -> "SurveyPages":
        from shared.adapters.survey_page import SurveyPages

        return SurveyPages()
