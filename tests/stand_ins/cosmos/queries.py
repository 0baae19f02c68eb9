"""How a query is answered: by what the index narrows, in the order the index gives, page by page.

A document that lacks the one key of ORDER BY is left out, unless that very path is included in the policy:
so it is documented. What becomes of it where there are several keys is not, and such a question is refused.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.stand_ins.cosmos import charges
from tests.stand_ins.cosmos.container import Item
from tests.stand_ins.cosmos.indexing import Indexing, spelled
from tests.stand_ins.cosmos.refusals import Refused
from tests.stand_ins.cosmos.sql_grammar import query_of
from tests.stand_ins.cosmos.sql_meaning import Meaning, Parameters, meaning_of, paths_in
from tests.stand_ins.cosmos.sql_tree import (
    All,
    ArrayOf,
    Constant,
    Expression,
    ObjectOf,
    Query,
    is_count,
)
from tests.stand_ins.cosmos.values import UNDEFINED, Value, at, sort_key

MOST_BYTES_IN_A_PAGE = 4 * 1024 * 1024
MOST_ITEMS_IN_A_PAGE = 1000
Mark = list[Any]
"""Where an item stands in the order: its keys, and its number."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A query, the part of its filter that an index serves, and the part that needs each document."""

    query: Query
    by_index: tuple[Meaning, ...]
    by_document: tuple[Meaning, ...]
    holds_undefined: bool

    @property
    def scans(self) -> bool:
        return bool(self.by_document)


@dataclass(slots=True)
class Page:
    """What is answered: values, their charge, how many documents were looked at, and where to go on."""

    values: list[Value]
    charge: float
    looked_at: int
    next: str | None = None


def plan_of(text: str, indexing: Indexing) -> Plan:
    """Read a query and see how the container's indexes serve it. Refuses what they do not."""
    query = query_of(text)
    indexing.check_order(query.sorting)
    parts = query.where.parts if isinstance(query.where, All) else (query.where,) if query.where else ()
    served = [part for part in parts if indexing.serves_all(paths_in(part))]
    others = [part for part in parts if not indexing.serves_all(paths_in(part))]
    holds_undefined = len(query.sorting) == 1 and indexing.holds_undefined(query.sorting[0].path)
    return Plan(query, tuple(map(meaning_of, served)), tuple(map(meaning_of, others)), holds_undefined)


def answered(plan: Plan, items: Iterable[Item], given: Parameters, after: str | None, most: int) -> Page:
    """Answer one page."""
    narrowed = _holding(plan.by_index, items, given)
    charge = charges.QUERY + sum(charges.of_looking_at(item.size) for item in narrowed)
    found = _holding(plan.by_document, narrowed, given)
    if plan.query.counts:
        return Page([_counted(plan.query, len(found))], charge, len(narrowed))
    rows = _in_order(plan, found)
    token = _token_of(after) if after else None
    rows = _those_after(rows, plan.query, token) if token else rows[_amount(plan.query.offset, given) or 0 :]
    left = token.left if token else _most_wanted(plan.query, given)
    wanted = rows if left is None else rows[:left]
    taken = _one_page(wanted, most)
    page = Page(_shown(plan.query, taken, given), charge, len(narrowed))
    if len(taken) < len(wanted):
        page.next = _Token(taken[-1].mark, None if left is None else left - len(taken)).spelled()
    return page


def amounts(query: Query, given: Parameters) -> tuple[int | None, int | None, int | None]:
    """Give TOP, OFFSET and LIMIT."""
    top, offset, limit = (_amount(each, given) for each in (query.top, query.offset, query.limit))
    return top, offset, limit


@dataclass(frozen=True, slots=True)
class _Row:
    keys: tuple[tuple[int, Any], ...]
    item: Item

    @property
    def mark(self) -> Mark:
        return [*self.keys, self.item.number]


@dataclass(frozen=True, slots=True)
class _Token:
    """Where a page ended, and how many more were asked for."""

    mark: Mark
    left: int | None

    def spelled(self) -> str:
        return base64.b64encode(json.dumps([self.mark, self.left]).encode()).decode()


def _token_of(text: str) -> _Token:
    try:
        (*keys, number), left = json.loads(base64.b64decode(text, validate=True))
        return _Token([*((rank, value) for rank, value in keys), int(number)], left)
    except (ValueError, TypeError, binascii.Error):
        raise Refused(400, "The continuation token is none of ours.") from None


def _holding(meanings: Sequence[Meaning], items: Iterable[Item], given: Parameters) -> list[Item]:
    """Keep those of which every condition is true."""
    held = list(items)
    for meaning in meanings:
        held = [item for item in held if meaning(item.body, given) is True]
    return held


def _in_order(plan: Plan, found: Iterable[Item]) -> list[_Row]:
    sorting = plan.query.sorting
    rows: list[_Row] = []
    for item in sorted(found, key=lambda item: item.number):
        values = [at(item.body, key.path.steps) for key in sorting]
        if UNDEFINED not in values or plan.holds_undefined:
            rows.append(_Row(tuple(map(sort_key, values)), item))
        elif len(sorting) > 1:
            raise Refused(400, f"A document lacks a key of {spelled(sorting)}: ask for IS_DEFINED ones.")
    for place in reversed(range(len(sorting))):
        rows.sort(key=lambda row, place=place: row.keys[place], reverse=sorting[place].descending)
    return rows


def _those_after(rows: Iterable[_Row], query: Query, token: _Token) -> list[_Row]:
    if len(token.mark) != len(query.sorting) + 1:
        raise Refused(400, "The continuation token belongs to another query.")
    return [row for row in rows if _comes_after(row, query, token.mark)]


def _comes_after(row: _Row, query: Query, mark: Mark) -> bool:
    for sorting, key, marked in zip(query.sorting, row.keys, mark, strict=False):
        if key != marked:
            return (key > marked) != sorting.descending
    return row.item.number > mark[-1]


def _one_page(rows: Sequence[_Row], most: int) -> Sequence[_Row]:
    """Take what fits into a page, and at least one."""
    size = 0
    for place, row in enumerate(rows[:most]):
        size += row.item.size
        if place and size > MOST_BYTES_IN_A_PAGE:
            return rows[:place]
    return rows[:most]


def _shown(query: Query, rows: Iterable[_Row], given: Parameters) -> list[Value]:
    if query.value:
        meaning = meaning_of(query.value)
        values = [meaning(row.item.body, given) for row in rows]
        return [value for value in values if value is not UNDEFINED]
    if not query.columns:
        return [row.item.body for row in rows]
    made = meaning_of(ObjectOf(query.columns))
    return [made(row.item.body, given) for row in rows]


def _most_wanted(query: Query, given: Parameters) -> int | None:
    top, limit = _amount(query.top, given), _amount(query.limit, given)
    return limit if top is None else top


def _amount(expression: Expression | None, given: Parameters) -> int | None:
    if expression is None:
        return None
    value = meaning_of(expression)({}, given)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refused(400, "TOP, OFFSET and LIMIT are whole numbers from 0.")
    return value


def _counted(query: Query, count: int) -> Value:
    assert query.value
    return meaning_of(_with_count(query.value, count))({}, {})


def _with_count(expression: Expression, count: int) -> Expression:
    """Put the count where it is asked for, alone or as the item of a range's share."""
    match expression:
        case ArrayOf(items):
            return ArrayOf(tuple(_with_count(item, count) for item in items))
        case ObjectOf(members):
            return ObjectOf(tuple((name, _with_count(member, count)) for name, member in members))
        case _:
            return Constant(count) if is_count(expression) else expression
