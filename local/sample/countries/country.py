"""What must be known of a country to make up somebody who lives there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    """A city, its state or region where addresses name one, and how its postal codes begin and go on.

    Each `#` in `postcode` becomes a digit, each `@` a letter.
    """

    name: str
    state: str | None
    postcode: str


@dataclass(frozen=True, slots=True)
class Country:
    """One country: names written by us, in the language its patients are spoken to in."""

    code: str
    language: str
    language_name: str
    zone: str
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]
    second_family: float
    """The share of people who carry a second family name."""
    streets: tuple[str, ...]
    street_line: str
    cities: tuple[City, ...]
    clinic: str
    visit: str
    second_language: tuple[str, str]
    """Of the few who prefer another language: its BCP 47 tag and name."""


def names(words: str) -> tuple[str, ...]:
    """Read names written one after the other; those of several words are joined by `_`."""
    return tuple(word.replace("_", " ") for word in words.split())
