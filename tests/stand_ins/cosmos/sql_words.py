"""A query's text as words."""

import re
from dataclasses import dataclass
from typing import Literal

from tests.stand_ins.cosmos.refusals import Refused

KEYWORDS = frozenset(
    {"SELECT", "TOP", "VALUE", "FROM", "WHERE", "ORDER", "BY", "ASC", "DESC", "OFFSET", "LIMIT", "AS"}
    | {"AND", "OR", "NOT", "IN", "BETWEEN", "NULL", "TRUE", "FALSE", "UNDEFINED"}
    | {"DISTINCT", "JOIN", "GROUP", "LIKE", "ESCAPE", "EXISTS", "ARRAY"}  # reserved, and not known here
)
Kind = Literal["number", "text", "keyword", "name", "parameter", "sign", "end"]
_WORD = re.compile(
    r"""(?P<number>\d+(\.\d+)?([eE][-+]?\d+)?)
    | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<parameter>@[A-Za-z_]\w*)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<sign><=|>=|!=|<>|[-=<>(),.\[\]{}:*])
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: a keyword in capitals, anything else as it is meant."""

    kind: Kind
    text: str


def words_of(query: str) -> list[Word]:
    """Give the words of a query and the end after them. Refuses what is no word."""
    words: list[Word] = []
    place = 0
    while query[place:].strip():
        place += len(query[place:]) - len(query[place:].lstrip())
        found = _WORD.match(query, place)
        if not found or not found.lastgroup:
            raise not_understood(query[place : place + 20])
        words.append(_word(found))
        place = found.end()
    return [*words, Word("end", "")]


def not_understood(near: str) -> Refused:
    """Refuse a query by naming the place where the gateway lost its meaning."""
    return Refused(400, f"Syntax error, or beyond what this gateway knows, near '{near or 'the end'}'.")


def _word(found: re.Match[str]) -> Word:
    text = found[0]
    if found["number"]:
        return Word("number", text)
    if found["text"]:
        return Word("text", _ESCAPED.sub(lambda escaped: _meant(escaped[1]), text[1:-1]))
    if found["parameter"]:
        return Word("parameter", text)
    if found["name"]:
        return Word("keyword", text.upper()) if text.upper() in KEYWORDS else Word("name", text)
    return Word("sign", text)


def _meant(escape: str) -> str:
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _ESCAPES.get(escape, escape)
