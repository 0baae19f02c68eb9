"""What patients answered, in the record, as FHIR R4 has it (FH-7)."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.fhir_validation import require_valid
from shared.fhir.ports import Resource
from shared.kernel.documents import deleting
from shared.kernel.sensitive import Sensitive
from shared.surveys.definitions import drafted
from shared.surveys.documents import bucket_partition, response_id
from shared.surveys.in_fhir import questionnaire, questionnaire_response
from shared.surveys.model import Answer, Form, Response, SurveyAnswered
from shared.surveys.write_answers_to_record import WriteAnswersToRecord
from tests.rooms.patients.builders import a_patient
from tests.rooms.surveys.builders import (
    ADA,
    MORE,
    NIGHT_OF_THE_LOST_HOUR,
    SATISFACTION,
    SETTLED,
    TOPICS,
    Clinic,
    a_clinic,
    a_draft,
)
from tests.support.written_back import Shelf, a_shelf

HOUSE = "https://clinic.example/"
ASKED = drafted("csat", a_draft(), None)
FULL: Form = {
    "satisfaction": ["2"],
    "settled": ["3"],
    "topics": ["1", "2"],
    "more": ["Nobody listened.\nNobody rang."],
}


@dataclass
class Study:
    """A clinic that asks, and the record that is told what was answered."""

    clinic: Clinic
    shelf: Shelf

    def answered(self, form: Form) -> SurveyAnswered:
        invitation = self.clinic.invites()
        self.clinic.answers(invitation, form)
        return SurveyAnswered("csat", invitation, ADA, self.clinic.now)

    def tell(self, answered: SurveyAnswered) -> None:
        act = WriteAnswersToRecord(self.clinic.house.documents, self.shelf.keep, HOUSE)
        act(answered, now=self.clinic.now)

    def one(self, kind: str = "QuestionnaireResponse") -> Resource:
        (found,) = self.shelf.written(kind)
        return found


@pytest.fixture(params=["embedded", "elsewhere"])
def study(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Study]:
    is_elsewhere = request.param == "elsewhere"
    with a_clinic(tmp_path) as clinic, a_shelf(tmp_path, clinic.house, is_elsewhere=is_elsewhere) as shelf:
        shelf.allow()
        shelf.has(a_patient("ada"))
        yield Study(clinic, shelf)


class TestAnAnswer:
    def test_is_in_the_record_question_by_question(self, study: Study) -> None:
        study.tell(study.answered(FULL))

        told = study.one()
        assert {one["linkId"]: one["answer"] for one in told["item"]} == {
            "satisfaction": [{"valueInteger": 2}],
            "settled": [{"valueString": "No"}],
            "topics": [{"valueString": "Booking"}, {"valueString": "A bill"}],
            "more": [{"valueString": "Nobody listened.\nNobody rang."}],
        }
        assert told["subject"] == told["source"] == {"reference": "Patient/ada"}
        assert (told["status"], told["authored"]) == ("completed", study.clinic.now.isoformat())
        assert told["questionnaire"] == "https://clinic.example/Questionnaire/csat|1"

    def test_leaves_out_what_was_left_out(self, study: Study) -> None:
        study.tell(study.answered({"satisfaction": ["5"]}))

        assert [one["linkId"] for one in study.one()["item"]] == ["satisfaction"]

    def test_told_again_is_one(self, study: Study) -> None:
        answered = study.answered(FULL)

        study.tell(answered)
        study.tell(answered)

        assert study.one()["meta"]["versionId"] == "1"
        assert study.one("Questionnaire")["meta"]["versionId"] == "1"
        assert len(study.shelf.remembered.entries) == 2

    def test_is_what_was_asked_then_though_the_survey_is_another_now(self, study: Study) -> None:
        answered = study.answered(FULL)
        study.clinic.changes(title="How was it, really?")

        study.tell(answered)

        asked = study.one("Questionnaire")
        assert (asked["title"], asked["version"]) == ("How was your conversation?", "1")
        assert study.one()["questionnaire"] == f"{asked['url']}|{asked['version']}"

    def test_of_who_was_merged_is_about_who_stands_for_them(self, study: Study) -> None:
        link = [{"other": {"reference": "Patient/adele"}, "type": "replaced-by"}]
        study.shelf.has(a_patient("adele"), a_patient("ada", link=link))

        study.tell(study.answered(FULL))

        assert study.one()["subject"] == study.one()["source"] == {"reference": "Patient/adele"}

    def test_that_was_erased_here_before_is_not_written(self, study: Study) -> None:
        answered = study.answered(FULL)
        partition = bucket_partition("csat", answered.invitation_id)
        documents = study.clinic.house.documents
        found = documents.read(partition, response_id(answered.invitation_id), Response)
        documents.commit(partition, changes=[deleting(found)])

        study.tell(answered)

        assert study.shelf.written("QuestionnaireResponse") == study.shelf.written("Questionnaire") == []

    def test_which_the_clinic_has_changed_stays_theirs(self, study: Study) -> None:
        answered = study.answered(FULL)
        study.tell(answered)
        study.shelf.has({**study.one(), "status": "amended"})

        study.tell(answered)

        assert (study.one()["status"], study.one()["meta"]["versionId"]) == ("amended", "2")


ANSWERS = st.tuples(
    st.sampled_from("12345"),
    st.none() | st.sampled_from(SETTLED.options),
    st.none() | st.lists(st.sampled_from(TOPICS.options), min_size=1, unique=True),
    st.none() | st.text(st.characters(categories=["L", "P", "Zs"]), min_size=1).filter(str.strip),
)


class TestWhatIsSpelt:
    def test_of_a_survey_is_built_as_r4_says(self) -> None:
        asked = questionnaire(ASKED, address=HOUSE)

        require_valid("Questionnaire", asked["id"], asked)
        assert [one["type"] for one in asked["item"]] == ["integer", "choice", "choice", "text"]
        assert [one["required"] for one in asked["item"]] == [True, False, False, False]

    @given(ANSWERS)
    def test_of_answers_is_built_as_r4_says(self, replies: Any) -> None:
        rating, settled, topics, more = replies
        said = ((SATISFACTION, [rating]), (SETTLED, [settled]), (TOPICS, topics), (MORE, [more]))
        answers = tuple(
            Answer(question.id, Sensitive(tuple(some))) for question, some in said if some and some[0]
        )
        response = Response("i", "csat", 1, "c", ADA, Sensitive(int(rating)), answers, NIGHT_OF_THE_LOST_HOUR)

        told = questionnaire_response(response, ASKED, ADA, address=HOUSE)

        require_valid("QuestionnaireResponse", told["id"], told)
        assert len(told["item"]) == len(answers)
