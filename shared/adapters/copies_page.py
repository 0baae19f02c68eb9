"""The page on which somebody says whether they want copies."""

from shared.adapters.link_pages import Page, page_template
from shared.adapters.preferences_words import words_in
from shared.consent.copies.open_copies import CopiesView


class CopiesPages:
    """Renders what stands behind a link about copies."""

    def __init__(self) -> None:
        self._template = page_template("copies")

    def __call__(self, view: CopiesView) -> Page:
        """Make the page of a view."""
        html = self._template.render(view=view, words=words_in(view.language))
        return Page(html, 410 if view.stands == "expired" else 200)
