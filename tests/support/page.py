"""A page as people with and without eyes depend on it."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside_label = 0
        self.unlabelled: list[str] = []
        self.feed(text)
        targets = {attributes.get("for") for tag, attributes in self.tags if tag == "label"}
        self.unlabelled = [name for name in self.unlabelled if name not in targets]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self.inside_label += tag == "label"
        if (
            tag in {"input", "select", "textarea"}
            and attributes.get("type") != "hidden"
            and not self.inside_label
        ):
            self.unlabelled.append(attributes.get("id") or "without an id")

    def handle_endtag(self, tag: str) -> None:
        self.inside_label -= tag == "label"

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)

    def attributes(self, tag: str) -> dict[str, str | None]:
        return next(attributes for name, attributes in self.tags if name == tag)
