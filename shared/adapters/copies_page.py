"""The page on which somebody says whether they want copies: no script, nothing loaded, all of it escaped."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.adapters.preferences_words import words_in
from shared.adapters.survey_page import Page
from shared.consent.copies.open_copies import CopiesView


class CopiesPages:
    """Renders what stands behind a link about copies, for a telephone's width and for a screen reader."""

    def __init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("copies.html")

    def __call__(self, view: CopiesView) -> Page:
        """Make the page of a view."""
        html = self._template.render(view=view, words=words_in(view.language))
        return Page(html, 410 if view.stands == "expired" else 200)
