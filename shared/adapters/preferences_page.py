"""The preference centre as a page: no script, nothing loaded, and all that anybody wrote escaped."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.adapters.preferences_words import words_in
from shared.adapters.survey_page import Page
from shared.consent.confirmations import ConfirmationView
from shared.consent.preferences import PreferencesView


class PreferencesPages:
    """Renders what stands behind a preference link, for a telephone's width and for a screen reader."""

    def __init__(self) -> None:
        loader = FileSystemLoader(Path(__file__).parent / "pages")
        environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._template = environment.get_template("preferences.html")
        self._confirm = environment.get_template("confirm.html")
        self._stop = environment.get_template("unsubscribe.html")

    def __call__(self, view: PreferencesView) -> Page:
        """Make the page of a view."""
        html = self._template.render(view=view, words=words_in(view.language))
        return Page(html, 410 if view.stands == "expired" else 200)

    def confirmation(self, view: ConfirmationView) -> Page:
        """Make the page by which a yes is confirmed."""
        html = self._confirm.render(view=view, words=words_in(view.language))
        return Page(html, 410 if view.stands == "closed" else 200)

    def stop(self, view: PreferencesView) -> Page:
        """Make the page with one button, for a mail program that opens the link instead of posting to it."""
        return Page(self._stop.render(view=view, words=words_in(view.language)), 200)
