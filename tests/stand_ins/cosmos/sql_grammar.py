"""The subset of the query language that the gateway understands; what it does not know it refuses.

SELECT * | SELECT c.a, c.b AS d | SELECT VALUE ...   [TOP n]   FROM c
WHERE with AND, OR, NOT, =, !=, <>, <, <=, >, >=, IN, BETWEEN, the functions of `sql_meaning`, parameters
ORDER BY one path or several, ASC or DESC            OFFSET n LIMIT n            VALUE COUNT(1)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from tests.stand_ins.cosmos.sql_tree import (
    All,
    Any,
    ArrayOf,
    Call,
    Comparison,
    Constant,
    Expression,
    Not,
    ObjectOf,
    OneOf,
    Parameter,
    Path,
    Query,
    Sorting,
)
from tests.stand_ins.cosmos.sql_words import Kind, Word, not_understood, words_of
from tests.stand_ins.cosmos.values import UNDEFINED

FUNCTIONS = frozenset(
    {"IS_DEFINED", "IS_NULL", "IS_STRING", "IS_NUMBER", "IS_BOOL", "IS_ARRAY", "IS_OBJECT"}
    | {"STARTSWITH", "CONTAINS", "ARRAY_CONTAINS", "COUNT"}
)
T = TypeVar("T")
COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=")
_LITERALS = {"NULL": None, "TRUE": True, "FALSE": False, "UNDEFINED": UNDEFINED}


@lru_cache(maxsize=1024)
def query_of(text: str) -> Query:
    """Read a query. Refuses what it does not understand."""
    reader = Reader(words_of(text))
    query = reader.query()
    reader.need_the_end()
    return query


@lru_cache(maxsize=1024)
def condition_of(text: str) -> Expression | None:
    """Read a patch's condition, `from c where ...`."""
    reader = Reader(words_of(text))
    reader.source()
    where = reader.expression() if reader.take("WHERE") else None
    reader.need_the_end()
    return where


@dataclass(slots=True)
class Reader:
    """Goes over the words from left to right."""

    words: list[Word]
    place: int = 0
    aliases: set[str] = field(default_factory=set[str])

    @property
    def word(self) -> Word:
        return self.words[self.place]

    def query(self) -> Query:
        self.need("SELECT")
        top = self.amount() if self.take("TOP") else None
        self.aliases = self._aliases_ahead()
        value, columns = self.selection()
        alias = self.source()
        where = self.expression() if self.take("WHERE") else None
        sorting = self.sorting() if self.take("ORDER") else ()
        offset = self.amount() if self.take("OFFSET") else None
        limit = self.amount() if offset and self.need("LIMIT") else None
        return Query(columns, value, where, sorting, top, offset, limit, alias)

    def selection(self) -> tuple[Expression | None, tuple[tuple[str, Expression], ...]]:
        if self.take("*"):
            return None, ()
        if self.take("VALUE"):
            return self.expression(), ()
        columns = self.several(self.column)
        return None, tuple(columns)

    def column(self) -> tuple[str, Expression]:
        found = self.expression()
        if self.take("AS"):
            return self.name(), found
        if isinstance(found, Path) and found.steps and isinstance(found.steps[-1], str):
            return found.steps[-1], found
        raise not_understood(self.word.text)

    def source(self) -> str:
        self.need("FROM")
        root = self.name()
        alias = self.name() if self.take("AS") or self.word.kind == "name" else root
        self.aliases = {alias}
        return alias

    def sorting(self) -> tuple[Sorting, ...]:
        self.need("BY")
        return tuple(self.several(self.sorting_key))

    def sorting_key(self) -> Sorting:
        path = self.path()
        if self.take("DESC"):
            return Sorting(path, descending=True)
        self.take("ASC")
        return Sorting(path)

    def expression(self) -> Expression:
        parts = [self.conjunction()]
        while self.take("OR"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def conjunction(self) -> Expression:
        parts = [self.negation()]
        while self.take("AND"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negation(self) -> Expression:
        return Not(self.negation()) if self.take("NOT") else self.comparison()

    def comparison(self) -> Expression:
        left = self.operand()
        for operator in COMPARISONS:
            if self.take(operator):
                return Comparison(operator, left, self.operand())
        if self.take("NOT"):
            return Not(self.membership(left))
        return self.membership(left) if self.at("IN") or self.at("BETWEEN") else left

    def membership(self, what: Expression) -> Expression:
        if self.take("BETWEEN"):
            low = self.operand()
            self.need("AND")
            return All((Comparison(">=", what, low), Comparison("<=", what, self.operand())))
        self.need("IN")
        self.need("(")
        options = self.several(self.operand)
        self.need(")")
        return OneOf(what, tuple(options))

    def operand(self) -> Expression:
        word = self.word
        if word.kind in ("number", "text", "parameter"):
            self.place += 1
            return self.simple(word)
        if word.kind == "keyword" and word.text in _LITERALS:
            self.place += 1
            return Constant(_LITERALS[word.text])
        if word.kind == "name":
            return self.call() if self.words[self.place + 1] == Word("sign", "(") else self.path()
        return self.enclosed()

    def simple(self, word: Word) -> Expression:
        if word.kind == "parameter":
            return Parameter(word.text)
        return Constant(number(word.text) if word.kind == "number" else word.text)

    def enclosed(self) -> Expression:
        if self.take("-") and self.word.kind == "number":
            return Constant(-number(self.taken("number")))
        if self.take("("):
            found = self.expression()
            self.need(")")
            return found
        if self.take("["):
            return ArrayOf(tuple(self.until("]", self.expression)))
        if self.take("{"):
            return ObjectOf(tuple(self.until("}", self.member)))
        raise not_understood(self.word.text)

    def member(self) -> tuple[str, Expression]:
        name = self.taken("text") if self.word.kind == "text" else self.name()
        self.need(":")
        return name, self.expression()

    def call(self) -> Expression:
        function = self.name().upper()
        if function not in FUNCTIONS:
            raise not_understood(function)
        self.need("(")
        return Call(function, tuple(self.until(")", self.expression)))

    def path(self) -> Path:
        if self.name() not in self.aliases:
            raise not_understood(self.words[self.place - 1].text)
        steps: list[str | int] = []
        while True:
            if self.take("."):
                steps.append(self.step_name())
            elif self.take("["):
                steps.append(self.step_in_brackets())
            else:
                return Path(tuple(steps))

    def step_name(self) -> str:
        if self.word.kind == "keyword":  # a reserved word must stand in brackets
            raise not_understood(self.word.text)
        return self.name()

    def step_in_brackets(self) -> str | int:
        step = self.taken("text") if self.word.kind == "text" else int(self.taken("number"))
        self.need("]")
        return step

    def amount(self) -> Expression:
        if self.word.kind not in ("number", "parameter"):
            raise not_understood(self.word.text)
        return self.operand()

    def several(self, one: Callable[[], T]) -> list[T]:
        found = [one()]
        while self.take(","):
            found.append(one())
        return found

    def until(self, end: str, one: Callable[[], T]) -> list[T]:
        if self.take(end):
            return []
        found = self.several(one)
        self.need(end)
        return found

    def at(self, text: str) -> bool:
        return self.word.kind in ("keyword", "sign") and self.word.text == text

    def take(self, text: str) -> bool:
        taken = self.at(text)
        self.place += taken
        return taken

    def need(self, text: str) -> bool:
        if not self.take(text):
            raise not_understood(self.word.text)
        return True

    def need_the_end(self) -> None:
        if self.word.kind != "end":
            raise not_understood(self.word.text)

    def name(self) -> str:
        return self.taken("name")

    def taken(self, kind: Kind) -> str:
        word = self.word
        if word.kind != kind:
            raise not_understood(word.text)
        self.place += 1
        return word.text

    def _aliases_ahead(self) -> set[str]:
        """Find what FROM calls the documents before the columns are read."""
        for place, word in enumerate(self.words):
            if word == Word("keyword", "FROM"):
                return {Reader(self.words, place).source()}
        return set()


def number(text: str) -> int | float:
    """Read a number."""
    return int(text) if text.isdigit() else float(text)
