"""A survey as a page."""

from shared.adapters.link_pages import Page, page_template
from shared.adapters.survey_words import words_in
from shared.surveys.answering import LONGEST_TEXT
from shared.surveys.model import RATINGS
from shared.surveys.page import Stands, SurveyView

_STATUSES: dict[Stands, int] = {"incomplete": 422, "expired": 410, "closed": 410}
"""What is no success; all else is 200."""
_SMILEYS = dict(zip(RATINGS, "😠😞😐😊😀", strict=True))


class SurveyPages:
    """Renders what stands behind a survey's link."""

    def __init__(self) -> None:
        self._template = page_template("survey")

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
