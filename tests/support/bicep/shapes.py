"""What a value may be: of Azure's types, of Bicep's own, and of what is written down."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Unknown:
    """Anything, or what the linter cannot know."""


@dataclass(slots=True)
class Nothing:
    """`null`."""


@dataclass(slots=True)
class Truth:
    """true or false."""


@dataclass(slots=True)
class Number:
    least: int | None = None
    most: int | None = None


@dataclass(slots=True)
class Text:
    """Text of some length; `sample` is one that it may be, where the letters are known."""

    shortest: int | None = None
    longest: int | None = None
    pattern: str | None = None
    sample: str | None = None


@dataclass(slots=True)
class Choice:
    """One of these; an open choice takes others too, as far as Azure says, but we do not."""

    values: tuple[str | int, ...]
    is_open: bool = False


@dataclass(slots=True)
class Many:
    of: "Shape"


@dataclass(slots=True)
class Field:
    shape: "Shape"
    required: bool = False
    read_only: bool = False


@dataclass(slots=True)
class Thing:
    """An object; `more` is what names that are not listed may hold."""

    name: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    more: "Shape | None" = None


@dataclass(slots=True)
class Variants:
    """An object that one of its own properties tells the kind of."""

    name: str
    by: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    variants: dict[str, "Shape"] = field(default_factory=dict[str, "Shape"])


Shape = Unknown | Nothing | Truth | Number | Text | Choice | Many | Thing | Variants


def in_words(shape: Shape) -> str:
    match shape:
        case Choice(values):
            return " | ".join(repr(value) for value in values[:6]) + (" …" if len(values) > 6 else "")
        case Thing(name) | Variants(name):
            return f"an object ({name})"
        case _:
            return _WORDS[type(shape)]


_WORDS: dict[type, str] = {
    Unknown: "anything",
    Nothing: "null",
    Truth: "true or false",
    Number: "a number",
    Text: "text",
    Many: "an array",
}
