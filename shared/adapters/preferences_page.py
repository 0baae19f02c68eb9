"""The preference centre as a page, and the two small ones that belong to it."""

from shared.adapters.link_pages import Page, page_template
from shared.adapters.preferences_words import words_in
from shared.consent.confirmations import ConfirmationView
from shared.consent.preferences import PreferencesView


class PreferencesPages:
    """Renders what stands behind a preference link."""

    def __init__(self) -> None:
        self._template = page_template("preferences")
        self._confirm = page_template("confirm")
        self._stop = page_template("unsubscribe")

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
