"""A survey as a page: no script, nothing loaded, and all that anybody wrote escaped."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.adapters.survey_words import words_in
from shared.surveys.answering import LONGEST_TEXT
from shared.surveys.model import RATINGS
from shared.surveys.page import Stands, SurveyView

_STATUSES: dict[Stands, int] = {"incomplete": 422, "expired": 410, "closed": 410}
"""What is no success; all else is 200."""
_SMILEYS = dict(zip(RATINGS, "😠😞😐😊😀", strict=True))


@dataclass(frozen=True, slots=True)
class Page:
    """A page in HTML, and the status it is answered with."""

    html: str
    status: int


class SurveyPages:
    """Renders what stands behind a survey's link, for a telephone's width and for a screen reader."""

    def __init__(self) -> None:
        loader = FileSystemLoader(Path(__file__).parent / "pages")
        environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._template = environment.get_template("survey.html")

    def __call__(self, view: SurveyView) -> Page:
        """Make the page of a view."""
        words = words_in(view.language)
        html = self._template.render(
            view=view,
            words=words,
            wrongs=[asked for asked in view.asked if asked.wrong],
            ratings=RATINGS,
            smileys=_SMILEYS,
            longest=LONGEST_TEXT,
        )
        return Page(html, _STATUSES.get(view.stands, 200))
