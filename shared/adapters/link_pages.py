"""Pages that stand behind links in messages: no script, nothing loaded, and all that anybody wrote escaped.

They fit a telephone's width and speak to a screen reader.
"""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template


@dataclass(frozen=True, slots=True)
class Page:
    """A page in HTML, and the status it is answered with."""

    html: str
    status: int


def page_template(name: str) -> Template:
    """Give the template of one page; what it is not told when it is rendered is a bug, never a blank."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{name}.html")
