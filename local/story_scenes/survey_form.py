"""Finds the form on a page as a browser does."""

from html.parser import HTMLParser


class Form(HTMLParser):
    """What one form says: where it goes, how, and which answers it offers."""

    def __init__(self) -> None:
        super().__init__()
        self.method, self.action = "", ""
        self.fields: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.method, self.action = said.get("method", "get").upper(), said.get("action", "")
        if tag in ("input", "textarea"):
            self.fields.add((said.get("name", ""), said.get("value", "")))

    def asks_for(self, field: str, answer: str) -> bool:
        """Say whether the form offers this answer, and is sent as forms are."""
        return self.method == "POST" and (field, answer) in self.fields


def form_on(page: str) -> Form:
    """Read the form of a page."""
    form = Form()
    form.feed(page)
    return form
