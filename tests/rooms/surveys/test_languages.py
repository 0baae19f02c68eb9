"""The page and its words are in the language of whoever is asked."""

import pytest

from shared.adapters.survey_page import SurveyPages
from shared.surveys.definitions import drafted
from shared.surveys.translations import in_language
from tests.rooms.surveys.builders import SWEDISH, Clinic, a_draft, speaking

SURVEY = drafted("csat", a_draft(translations=(SWEDISH,)), None)


class TestASurvey:
    @pytest.mark.parametrize(
        ("spoken", "language"),
        [
            ("sv-SE", "sv-SE"),
            ("sv-se", "sv-SE"),
            ("sv-FI", "sv-SE"),
            ("sv", "sv-SE"),
            ("en-GB", "en"),
            ("fi", "en"),
            ("", "en"),
            (None, "en"),
        ],
    )
    def test_is_put_in_the_words_that_are_read_best(self, spoken: str | None, language: str) -> None:
        assert in_language(SURVEY, spoken).language == language

    def test_asks_the_same_in_every_language(self) -> None:
        asked = in_language(SURVEY, "sv")

        assert asked.title == "Hur var ditt samtal?"
        assert [(one.id, one.kind, one.required) for one in asked.questions] == [
            (one.id, one.kind, one.required) for one in SURVEY.questions
        ]
        assert asked.satisfaction_question.lowest == "inte alls"


class TestAPatientWhoSpeaksSwedish:
    @pytest.fixture(autouse=True)
    def in_two_languages(self, clinic: Clinic) -> None:
        clinic.changes(translations=(SWEDISH,))
        clinic.patients["ada"] = speaking("sv-SE")

    def test_is_invited_and_asked_in_it(self, clinic: Clinic) -> None:
        named = clinic.invites()

        html = SurveyPages()(clinic.opens(named)).html

        (message,) = clinic.told("SendMessage")
        assert message["values"]["title"] == "Hur var ditt samtal?"
        assert '<html lang="sv-SE">' in html
        assert "Hur nöjd är du?" in html
        assert "Skicka mina svar" in html

    def test_is_told_in_it_what_is_missing_and_thanked(self, clinic: Clinic) -> None:
        named = clinic.invites()

        views = [clinic.answers(named, {}), clinic.rates(named, 5), clinic.rates(named, 5)]

        assert [view.title for view in views] == ["Hur var ditt samtal?"] * 3
        assert views[0].asked[1].question.text == "Blev ditt ärende löst?"
        assert views[1].thank_you == "Tack. Det hjälper oss."

    def test_is_asked_in_it_though_the_record_says_otherwise_by_now(self, clinic: Clinic) -> None:
        named = clinic.invites()

        clinic.patients["ada"] = speaking("en")

        assert clinic.opens(named).language == "sv-SE"

    def test_answers_what_compares_with_everybody_elses_answers(self, clinic: Clinic) -> None:
        clinic.answers(clinic.invites(), {"satisfaction": ["5"], "settled": ["2"]})

        (response,) = clinic.responses()

        assert [one.given.value for one in response.answers] == [("5",), ("In part",)]
