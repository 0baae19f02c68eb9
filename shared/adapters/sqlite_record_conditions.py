"""Search criteria as SQL over the tables of the record.

Every condition can be put two ways: as a *probe* of a resource `r` that is at hand, and as a *driver* that
gives the keys of all that meet it. A query is driven by its narrowest condition and probes for the others, so
a search by patient costs what the patient has, not what the hospital has.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.adapters.fhir_search_kinds import Kind, Parameter
from shared.adapters.fhir_search_query import ID, LAST_UPDATED, Criterion, unescaped
from shared.adapters.fhir_search_values import LONGEST_TERM, folded, reference_term
from shared.adapters.sqlite_record_comparisons import (
    UNESCAPED_BAR,
    Columns,
    Sql,
    bounded,
    hull,
    measured,
    reach,
)
from shared.adapters.sqlite_record_tables import WIDE, Numbers
from shared.fhir.instants import DAWN
from shared.kernel.refusals import Nonsense

NEVER = 99
DRIVING = "x.low", "x.high"
PROBED = "+x.low", "+x.high"
"""The plus keeps SQLite from walking an index by value when one resource is to be looked up."""
OF_THE_WRITE = "r.at", "r.at"
_WHOLE = "x.value = ? AND x.space = ?"
"""A term as a whole: an index gives the keys of those that have it in order, each once."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One criterion. `rank` says how well it drives, least is best; `ordered` that its keys come in order."""

    probe: Sql
    driver: Sql = ("", [])
    rank: int = NEVER
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT that ends in its WHERE; its rows come in order of the column `key` without sorting."""

    text: str
    arguments: list[Any]
    key: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Turns criteria into conditions, and these into one query."""

    numbers: Numbers
    home: str
    now: datetime

    def query(self, type_: str, criteria: Sequence[Criterion], columns: str) -> "Query":
        """Select columns of `resource r` where all criteria are met."""
        conditions = self.conditions(type_, criteria)
        driver = min((c for c in conditions if c.rank < NEVER), key=lambda c: c.rank, default=None)
        start, arguments = _driven(type_, driver)
        probes = [c.probe for c in conditions if c is not driver]
        select = f"SELECT {columns} FROM {start}"  # noqa: S608  # our own words
        text = " AND ".join([select, *(text for text, _ in probes)])
        key = "k.key" if driver is not None and driver.ordered else "r.key"
        return Query(text, [*arguments, *(a for _, some in probes for a in some)], key)

    def conditions(self, type_: str, criteria: Sequence[Criterion]) -> list[Condition]:
        """Give one condition per criterion, but one for all bounds of the same date."""
        dates: dict[str, list[Criterion]] = {}
        conditions: list[Condition] = []
        for criterion in criteria:
            if (
                criterion.parameter.kind is Kind.DATE
                and not criterion.modifier
                and criterion.parameter is not LAST_UPDATED
            ):
                dates.setdefault(criterion.parameter.key, []).append(criterion)
            else:
                conditions.append(self._condition(type_, criterion))
        return conditions + [self._dates(type_, several) for several in dates.values()]

    def number(self, type_: str, parameter: Parameter) -> int:
        return self.numbers[type_, parameter.key]

    def _condition(self, type_: str, criterion: Criterion) -> Condition:
        if criterion.beyond is not None:
            return self._beyond(type_, criterion)
        if criterion.parameter.joined:
            return self._joined(type_, criterion)
        if criterion.modifier == "missing":
            return self._missing(type_, criterion)
        if criterion.modifier == "identifier":
            return self._identified(type_, criterion)
        return self._by_value(type_, criterion)

    def _by_value(self, type_: str, criterion: Criterion) -> Condition:
        parameter = criterion.parameter
        if parameter is ID:
            return _by_id(type_, criterion.values)
        if parameter is LAST_UPDATED:
            return Condition(any_of([bounded(OF_THE_WRITE, value, self.now) for value in criterion.values]))
        if parameter.kind is Kind.QUANTITY:
            return self._quantity(type_, criterion)
        if parameter.kind is Kind.DATES:
            return self._dates(type_, [criterion])
        return self._terms(type_, criterion)

    def _joined(self, type_: str, criterion: Criterion) -> Condition:
        """Ask several parameters: one of them must meet what is asked, or all of them its negation."""
        each = [self._condition(type_, replace(criterion, parameter=p)) for p in criterion.parameter.joined]
        if criterion.modifier == "not" or (criterion.modifier, criterion.values) == ("missing", ("true",)):
            return Condition(all_of([condition.probe for condition in each]))
        probe = any_of([condition.probe for condition in each])
        if criterion.modifier == "missing":
            return Condition(probe)
        driver = " UNION ALL ".join(condition.driver[0] for condition in each)
        arguments = [argument for condition in each for argument in condition.driver[1]]
        return Condition(probe, (driver, arguments), rank=max(condition.rank for condition in each))

    def _identified(self, type_: str, criterion: Criterion) -> Condition:
        meets = any_of([_token(self, criterion, value) for value in criterion.values])
        return _exists("term", self.numbers[type_, criterion.parameter.key_of_identifiers], meets, rank=1)

    def _terms(self, type_: str, criterion: Criterion) -> Condition:
        parameter = criterion.parameter
        read = _TERMS[parameter.kind]
        meets = any_of([read(self, criterion, value) for value in criterion.values])
        condition = _exists("term", self.number(type_, parameter), meets, rank=_RANKS[parameter.kind])
        if criterion.modifier == "not":
            text, arguments = condition.probe
            return Condition((f"NOT {text}", arguments))
        return replace(condition, ordered=meets[0] == _WHOLE)

    def reference(self, criterion: Criterion, value: str) -> Sql:
        only = criterion.parameter.only or criterion.modifier
        text = unescaped(value)
        id_, space = (text, "") if "/" not in text else reference_term(text, self.home)
        if space and only not in ("", space):
            return "0", []
        if "/" not in text and only:
            space = only
        if space or "/" in text:
            return _WHOLE, [id_, space]
        return "x.value = ?", [id_]

    def _quantity(self, type_: str, criterion: Criterion) -> Condition:
        def meets(columns: Columns) -> Sql:
            return any_of([measured(columns, value) for value in criterion.values])

        number = self.number(type_, criterion.parameter)
        text, arguments = _keys("x.wide = 0 AND", meets(DRIVING))
        return Condition(_probe("stretch", number, meets(PROBED)), (text, [number, *arguments]), rank=7)

    def _dates(self, type_: str, criteria: Sequence[Criterion]) -> Condition:
        """Put all bounds of one date as one: short stretches are looked up by where they begin."""

        def meets(columns: Columns) -> Sql:
            return all_of(
                [any_of([bounded(columns, value, self.now) for value in c.values]) for c in criteria]
            )

        number = self.number(type_, criteria[0].parameter)
        low, high = hull([[reach(value, self.now) for value in c.values] for c in criteria])
        short, some = _keys("x.wide = 0 AND x.low BETWEEN ? AND ? AND", meets(DRIVING))
        wide, _ = _keys("x.wide = 1 AND x.low <= ? AND", meets(DRIVING))
        driver = f"{short} UNION ALL {wide}", [number, low - WIDE, high, *some, number, high, *some]
        return Condition(_probe("stretch", number, meets(PROBED)), driver, rank=6 if low > DAWN else 8)

    def _missing(self, type_: str, criterion: Criterion) -> Condition:
        parameter = criterion.parameter
        if criterion.values not in (("true",), ("false",)):
            raise Nonsense((f"{parameter.name}:missing", "neither true nor false"))
        if parameter in (ID, LAST_UPDATED):
            return Condition(("0" if criterion.values == ("true",) else "1", []))
        meets: Sql = ("x.space = ?", [parameter.only]) if parameter.only else ("1", [])
        text, arguments = _probe(parameter.kind.table, self.number(type_, parameter), meets)
        return Condition((f"NOT {text}" if criterion.values == ("true",) else text, arguments))

    def _beyond(self, type_: str, criterion: Criterion) -> Condition:
        beyond = criterion.beyond
        assert beyond is not None  # noqa: S101  # asked by the caller
        if beyond.back is None:
            inner = self.query(beyond.type, [beyond.criterion], "r.id")
            meets: Sql = f"x.space = ? AND x.value IN ({inner.text})", [beyond.type, *inner.arguments]
            return _exists("term", self.number(type_, criterion.parameter), meets, rank=3)
        inner = self.query(beyond.type, [beyond.criterion], "r.key")
        number = self.number(beyond.type, beyond.back)
        pointing = "SELECT y.value FROM term y WHERE y.parameter = ? AND y.space = ? AND y.key"
        return Condition((f"r.id IN ({pointing} IN ({inner.text}))", [number, type_, *inner.arguments]))


def _driven(type_: str, driver: Condition | None) -> Sql:
    """Begin where the fewest rows are; without a driver, with all resources of the type."""
    if driver is None:
        return "resource r WHERE r.deleted = 0 AND r.type = ?", [type_]
    text, arguments = driver.driver
    if driver.ordered:
        return f"({text}) k CROSS JOIN resource r ON r.key = k.key WHERE r.deleted = 0", arguments
    return f"resource r WHERE r.key IN ({text}) AND r.deleted = 0 AND r.type = ?", [*arguments, type_]


def _exists(table: str, number: int, meets: Sql, *, rank: int) -> Condition:
    text, arguments = meets
    driver = f"SELECT x.key FROM {table} x WHERE x.parameter = ? AND {text}"  # noqa: S608  # our own tables
    return Condition(_probe(table, number, meets), (driver, [number, *arguments]), rank)


def _probe(table: str, number: int, meets: Sql) -> Sql:
    text, arguments = meets
    probe = f"EXISTS (SELECT 1 FROM {table} x WHERE x.key = r.key AND x.parameter = ? AND {text})"  # noqa: S608  # our own tables
    return probe, [number, *arguments]


def _keys(where: str, meets: Sql) -> Sql:
    """Select the keys of stretches; the number of the parameter is the first argument."""
    return f"SELECT x.key FROM stretch x WHERE x.parameter = ? AND {where} {meets[0]}", meets[1]  # noqa: S608  # our own words


def any_of(alternatives: Sequence[Sql]) -> Sql:
    if len(alternatives) == 1:
        return alternatives[0]
    text = " OR ".join(f"({text})" for text, _ in alternatives)
    return f"({text})", [argument for _, some in alternatives for argument in some]


def all_of(conditions: Sequence[Sql]) -> Sql:
    return " AND ".join(text for text, _ in conditions), [a for _, some in conditions for a in some]


def _by_id(type_: str, values: Sequence[str]) -> Condition:
    marks = ", ".join("?" * len(values))
    ids = [value.removeprefix(f"{type_}/") for value in values]
    driver = f"SELECT y.key FROM resource y WHERE y.type = ? AND y.id IN ({marks})"  # noqa: S608  # marks only
    return Condition((f"r.id IN ({marks})", ids), (driver, [type_, *ids]), rank=0)


def _code(_asker: Asker, _criterion: Criterion, value: str) -> Sql:
    return _WHOLE, [unescaped(value.rpartition("|")[2])[:LONGEST_TERM], ""]


def _token(_asker: Asker, _criterion: Criterion, value: str) -> Sql:
    """Read `code`, `system|code`, `|code` (without a system) or `system|` (any code of it)."""
    *system, code = (unescaped(part)[:LONGEST_TERM] for part in UNESCAPED_BAR.split(value, maxsplit=1))
    if not system:
        return "x.value = ?", [code]
    if not code:
        return "x.space = ?", system
    return _WHOLE, [code, *system]


def _string(_asker: Asker, criterion: Criterion, value: str) -> Sql:
    text = unescaped(value)
    if criterion.modifier == "exact":
        return _WHOLE, [folded(text), text[:LONGEST_TERM]]
    if criterion.modifier == "contains":
        return "instr(x.value, ?) > 0", [folded(text)]
    return "x.value >= ? AND x.value < ?", [folded(text), folded(text) + "\U0010ffff"]


def _uri(_asker: Asker, _criterion: Criterion, value: str) -> Sql:
    return _WHOLE, [unescaped(value)[:LONGEST_TERM], ""]


def _canonical(_asker: Asker, _criterion: Criterion, value: str) -> Sql:
    """Read `address|version`, or an address of which any version will do."""
    address, *version = (unescaped(part)[:LONGEST_TERM] for part in UNESCAPED_BAR.split(value, maxsplit=1))
    return (_WHOLE, [address, *version]) if version else ("x.value = ?", [address])


_TERMS: Mapping[Kind, Callable[[Asker, Criterion, str], Sql]] = {
    Kind.CODE: _code,
    Kind.TOKEN: _token,
    Kind.REFERENCE: Asker.reference,
    Kind.STRING: _string,
    Kind.URI: _uri,
    Kind.CANONICAL: _canonical,
}
_RANKS = {Kind.REFERENCE: 1, Kind.URI: 2, Kind.CANONICAL: 2, Kind.STRING: 4, Kind.TOKEN: 5, Kind.CODE: 9}
"""Which kind drives best: a patient has hundreds of resources, a code thousands, a status half of all."""
