"""What may be kept as a survey, and by whom."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.codec import from_json
from shared.kernel.refusals import Nonsense
from shared.messaging.gate.rendering import check_readable
from shared.messaging.model import Channel
from shared.messaging.template import TemplateContent, checked
from shared.surveys.definitions import drafted
from shared.surveys.list_surveys import WhichSurveys
from shared.surveys.model import (
    ChoiceQuestion,
    NoSuchSurvey,
    SurveyChangedMeanwhile,
    SurveyDraft,
    SurveyHasBegun,
    SurveyIsOver,
    SurveyIsThere,
)
from tests.rooms.surveys.builders import (
    MORE,
    SATISFACTION,
    SETTLED,
    SWEDISH,
    Clinic,
    a_draft,
    swedish,
    unasked,
)

SHIPPED = Path(__file__).parents[3] / "local" / "story_definitions"


class TestADefinition:
    def test_is_kept_as_it_was_written(self) -> None:
        survey = drafted("csat", a_draft(), None)

        assert (survey.version, survey.state, survey.valid_days, survey.alert_below) == (1, "live", 30, 3)
        assert survey.satisfaction_question is SATISFACTION

    @pytest.mark.parametrize(
        ("what", "field"),
        [
            ({"title": " "}, "title"),
            ({"title": "two\nlines"}, "title"),
            ({"thank_you": "x" * 501}, "thank_you"),
            ({"template_id": "../secrets"}, "template_id"),
            ({"channels": ()}, "channels"),
            ({"channels": (Channel.SMS, Channel.SMS)}, "channels"),
            ({"channels": (Channel.LETTER,)}, "channels"),
            ({"language": 'en" onload="'}, "language"),
            ({"valid_days": 0}, "valid_days"),
            ({"valid_days": 1096}, "valid_days"),
            ({"again_after_days": -1}, "again_after_days"),
            ({"again_after_days": 366}, "again_after_days"),
            ({"translations": (replace(SWEDISH, language="no language"),)}, "translations.0.language"),
            ({"translations": (replace(SWEDISH, language="EN"),)}, "translations.0.language"),
            ({"translations": (SWEDISH, SWEDISH)}, "translations.1.language"),
            ({"translations": (SWEDISH,) * 21}, "translations"),
            ({"translations": (replace(SWEDISH, title=""),)}, "translations.0.title"),
            ({"translations": (replace(SWEDISH, questions=()),)}, "translations.0.questions"),
            ({"translations": (swedish("Ja", "Nej"),)}, "translations.0.questions.1.options"),
            ({"translations": (swedish("Ja", "Ja", "Nej"),)}, "translations.0.questions.1.options"),
            (
                {"translations": (swedish("Ja", "\x1b", "Nej"),)},
                "translations.0.questions.1.options",
            ),
            ({"alert_below": 0}, "alert_below"),
            ({"alert_below": 7}, "alert_below"),
            ({"questions": ()}, "questions"),
            ({"questions": (MORE,)}, "questions"),
            ({"questions": (unasked(SATISFACTION),)}, "questions"),
            ({"questions": (SATISFACTION, replace(SATISFACTION, id="again"))}, "questions"),
            ({"questions": (SATISFACTION, SATISFACTION)}, "questions.1.id"),
            ({"questions": (replace(SATISFACTION, id="Satisfaction!"),)}, "questions.0.id"),
            ({"questions": (SATISFACTION, replace(SETTLED, options=("Yes",)))}, "questions.1.options"),
            ({"questions": (SATISFACTION, replace(SETTLED, options=("Yes", "Yes")))}, "questions.1.options"),
            ({"questions": (SATISFACTION, replace(MORE, text=""))}, "questions.1.text"),
        ],
    )
    def test_is_refused_with_the_field_that_is_wrong(self, what: dict[str, Any], field: str) -> None:
        with pytest.raises(Nonsense) as refused:
            drafted("csat", a_draft(**what), None)

        assert field in {path for path, _ in refused.value.fields}

    def test_has_a_new_version_when_those_invited_shall_meet_something_else(self) -> None:
        first = drafted("csat", a_draft(state="draft"), None)

        assert drafted("csat", a_draft(state="live"), first).version == 1
        assert drafted("csat", a_draft(state="live", thank_you="Thanks!"), first).version == 2


class TestKeeping:
    def test_asks_who_changes_it_what_they_have_seen(self, clinic: Clinic) -> None:
        seen = clinic.read(survey_id="csat")
        clinic.keeps(a_draft(title="First"), if_match=seen.etag)

        with pytest.raises(SurveyChangedMeanwhile):
            clinic.keeps(a_draft(title="Second"), if_match=seen.etag)
        with pytest.raises(SurveyIsThere):
            clinic.keeps(a_draft(title="Third"))

        assert clinic.read(survey_id="csat").survey.title == "First"

    def test_goes_from_draft_to_live_to_closed_and_never_back(self, clinic: Clinic) -> None:
        with pytest.raises(SurveyHasBegun):
            clinic.changes(state="draft")
        clinic.changes(state="closed")

        with pytest.raises(SurveyIsOver):
            clinic.changes(state="live")

    @pytest.mark.parametrize(
        ("what", "field"),
        [
            ({"template_id": "no-such"}, "template_id"),
            ({"template_id": "only-texts", "channels": (Channel.EMAIL,)}, "channels.0"),
        ],
    )
    def test_lets_none_go_live_whose_invitation_cannot_be_sent(
        self, clinic: Clinic, what: dict[str, Any], field: str
    ) -> None:
        clinic.has_template(Channel.SMS, named="only-texts")

        with pytest.raises(Nonsense) as refused:
            clinic.keeps(a_draft(**what), named="other")

        assert refused.value.fields[0][0] == field
        assert clinic.keeps(a_draft(**what, state="draft"), named="other").survey.state == "draft"

    def test_is_audited_once_per_change(self, clinic: Clinic) -> None:
        clinic.changes(title="Again")

        told = clinic.told("RecordAudit")

        assert [(one["who"], one["what"], one["entry_id"]) for one in told] == [
            ("https://issuer|olga", "put_survey", "survey~csat~1"),
            ("https://issuer|olga", "put_survey", "survey~csat~2"),
        ]

    def test_lists_by_state(self, clinic: Clinic) -> None:
        clinic.keeps(a_draft(state="draft"), named="later")

        assert [one.id for one in clinic.list(WhichSurveys(state="live")).surveys] == ["csat"]
        assert {one.id for one in clinic.list(WhichSurveys()).surveys} == {"csat", "later"}
        with pytest.raises(NoSuchSurvey):
            clinic.read(survey_id="nobody-knows-it")


class TestWhatShips:
    def test_can_be_kept(self) -> None:
        draft = from_json((SHIPPED / "surveys" / "csat.json").read_bytes(), SurveyDraft, strangers=False)

        survey = drafted("csat", draft, None)

        assert survey.state == "live"
        assert isinstance(survey.questions[1], ChoiceQuestion)

    def test_asks_in_the_languages_in_which_it_invites(self) -> None:
        draft = from_json((SHIPPED / "surveys" / "csat.json").read_bytes(), SurveyDraft, strangers=False)

        assert [draft.language, *(one.language for one in draft.translations)] == [
            "en",
            "pt-BR",
            "sv-SE",
            "es",
        ]

    def test_invites_in_four_languages_on_each_channel_with_the_link(self) -> None:
        path = SHIPPED / "templates" / "csat-invitation.json"
        content = checked(from_json(path.read_bytes(), TemplateContent, strangers=False))

        for variant in content.variants:
            check_readable(variant)
            assert "{{ survey_url }}" in variant.text
        assert {(variant.channel, variant.language) for variant in content.variants} == {
            (channel, language)
            for channel in (Channel.SMS, Channel.EMAIL)
            for language in ("en", "pt-BR", "sv-SE", "es")
        }
        assert json.loads((SHIPPED / "surveys" / "csat.json").read_text())["template_id"] == path.stem
