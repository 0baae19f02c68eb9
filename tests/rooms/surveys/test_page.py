"""The page behind the link, as a browser and a screen reader get it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from shared.adapters.survey_page import SurveyPages
from shared.surveys.answering import wrongs_in
from shared.surveys.definitions import drafted
from shared.surveys.model import Form, Survey
from shared.surveys.page import the_questions, the_questions_again
from tests.rooms.surveys.builders import MORE, SATISFACTION, SETTLED, Clinic, a_draft

SURVEY = drafted("csat", a_draft(), None)
PAGES = SurveyPages()


class Read(HTMLParser):
    """Every element with its attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read_again(form: Form, survey: Survey = SURVEY) -> Read:
    return Read(PAGES(the_questions_again(survey, form, wrongs_in(survey, form))).html)


class TestThePage:
    def test_needs_no_script_and_loads_nothing(self) -> None:
        page = PAGES(the_questions(SURVEY))
        read = Read(page.html)

        assert page.status == 200
        assert not read.all("script")
        assert not read.all("link")
        assert not read.all("img")
        assert not re.search(r"https?://|\bon\w+=", page.html)

    def test_can_be_read_aloud(self) -> None:
        read = Read(PAGES(the_questions(SURVEY)).html)

        labelled = {label.get("for") for label in read.all("label")}
        assert read.all("html") == [{"lang": "en"}]
        assert len(read.all("title")) == len(read.all("h1")) == len(read.all("main")) == 1
        assert len(read.all("fieldset")) == len(read.all("legend")) == 3
        assert [area["id"] in labelled for area in read.all("textarea")] == [True]
        assert len({element["id"] for _, element in read.elements if "id" in element}) == sum(
            "id" in element for _, element in read.elements
        )

    def test_is_found_by_no_search_engine(self) -> None:
        read = Read(PAGES(the_questions(SURVEY)).html)

        assert {"name": "robots", "content": "noindex, nofollow"} in read.all("meta")

    def test_offers_what_may_be_chosen(self) -> None:
        read = Read(PAGES(the_questions(SURVEY)).html)

        offered = [(one["name"], one["type"], one["value"]) for one in read.all("input")]
        assert [(n, v) for n, t, v in offered if t == "radio" and n == "satisfaction"] == [
            ("satisfaction", str(rating)) for rating in range(1, 6)
        ]
        assert [v for n, t, v in offered if (n, t) == ("topics", "checkbox")] == ["1", "2"]

    def test_names_what_is_missing_and_keeps_what_was_filled_in(self) -> None:
        read = read_again({"settled": ["2"], "topics": ["1", "2"], "more": ['\nÅsa\'s "words"']})

        (summary,) = [one for one in read.all("div") if one.get("role") == "alert"]
        ids = {element["id"] for _, element in read.elements if element.get("id")}
        links = {str(link["href"]).removeprefix("#") for link in read.all("a")}
        checked = [(one["name"], one["value"]) for one in read.all("input") if "checked" in one]
        assert "autofocus" in summary
        assert links == {"satisfaction"} <= ids
        assert "How satisfied are you? \N{EN DASH} please answer" in read.text
        assert checked == [("settled", "2"), ("topics", "1"), ("topics", "2")]
        assert 'Åsa\'s "words"' in read.text
        assert "Error: How was your conversation?" in read.text

    @pytest.mark.parametrize(
        "nasty", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "=cmd()"]
    )
    def test_escapes_whatever_was_written(self, nasty: str) -> None:
        questions = (
            replace(SATISFACTION, text=nasty, lowest=nasty),
            replace(SETTLED, options=(nasty, "No")),
            replace(MORE, long=False),
        )
        survey = drafted("csat", a_draft(title=nasty, questions=questions), None)

        read = read_again({"more": [nasty]}, survey)

        assert not read.all("script")
        assert not read.all("img")
        assert nasty in read.text
        assert nasty in [one.get("value") for one in read.all("input")]

    @pytest.mark.parametrize(
        ("language", "word"), [("sv-SE", "Skicka"), ("pt-BR", "Enviar"), ("es", "Enviar"), ("fi", "Send")]
    )
    def test_speaks_the_language_of_its_questions(self, language: str, word: str) -> None:
        read = Read(PAGES(the_questions(replace(SURVEY, language=language))).html)

        assert read.all("html") == [{"lang": language}]
        assert word in read.text

    def test_shows_nothing_of_the_patient(self, clinic: Clinic) -> None:
        named = clinic.invites()
        views = [clinic.opens(named), clinic.answers(named, {}), clinic.rates(named, 1), clinic.opens(named)]

        pages = [PAGES(view).html for view in views]

        assert not [
            word for word in ("Ada", "O'Neill", "O&#39;Neill", "07700", "c-1") for p in pages if word in p
        ]

    def test_says_how_it_stands(self, clinic: Clinic) -> None:
        early, late = clinic.invites("c-1"), clinic.invites("c-2")

        answers = [
            PAGES(clinic.rates(early, 5)),
            PAGES(clinic.rates(early, 5)),
            PAGES(clinic.answers(late, {})),
        ]
        clinic.goes_on_for(days=31)
        answers += [PAGES(clinic.opens(early)), PAGES(clinic.opens(late))]

        assert [page.status for page in answers] == [200, 200, 422, 200, 410]
        assert "Thank you. It helps us." in answers[0].html
        assert "You have already answered." in answers[1].html
        assert "This link has expired." in answers[4].html
