"""What a data administrator says of sources, and of when two records are one person (UN-1…UN-8)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.matching.model import Meaning, RecordPair
from shared.matching.normalising import USUAL, Normalisation

Level = Literal["low", "medium", "high", "exact"]
LEVELS: Mapping[Level, int] = {"low": 30, "medium": 60, "high": 80, "exact": 100}
"""How alike two values must be, in % (UN-5)."""

FIELDS: Mapping[str, str] = {
    Meaning.FULL_NAME: "full_name",
    Meaning.FIRST_NAME: "first_name",
    Meaning.LAST_NAME: "last_name",
    Meaning.BIRTH_DATE: "birth_date",
    Meaning.GENDER: "gender",
    Meaning.PHONE: "phone",
    Meaning.EMAIL: "email",
    Meaning.IDENTIFIER: "identifier",
    Meaning.ADDRESS: "address",
    Meaning.CITY: "city",
    Meaning.STATE: "state",
    Meaning.POSTCODE: "postcode",
    Meaning.COUNTRY: "country",
    Meaning.ORGANISATION: "organisation",
}
"""What a field is called where its column does not say."""
WELL_KNOWN = 20
"""A value in so many records is no slip. In a small house hardly any is, and slips are left to a reviewer."""
FULL_NAME, FIRST_NAME, LAST_NAME = "full_name", "first_name", "last_name"


@dataclass(frozen=True, slots=True)
class Column:
    """A source's column, what it holds, and the field that it has in common with other sources' columns."""

    name: str
    meaning: str
    field: str | None = None

    @property
    def of(self) -> str:
        return self.field or FIELDS.get(self.meaning, self.name)


@dataclass(frozen=True, slots=True)
class Condition:
    """Two records' values of a field are alike; with `differs` (in exceptions) both are there and are not.

    `precision` is a level or a percentage; below 100 the edit distance counts. With `or_missing` it differs
    too where either has no value. With `unless_slip` different values differ however alike they are, but for
    a slip: of two that are as alike as `precision` asks, one is in this record alone, and the other in
    `WELL_KNOWN` records or more.
    """

    field: str
    precision: Level | int = "exact"
    normalise: tuple[Normalisation, ...] | None = None
    differs: bool = False
    or_missing: bool = False
    unless_slip: bool = False

    @property
    def percent(self) -> int:
        return self.precision if isinstance(self.precision, int) else LEVELS[self.precision]

    @property
    def is_exact(self) -> bool:
        return self.percent == LEVELS["exact"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Two records are one person when all its conditions hold."""

    name: str
    conditions: tuple[Condition, ...]


Winner = Literal["most_filled", "most_recent", "least_recent"]
"""Which of a source's records of one person speaks for the source (UN-3)."""


@dataclass(frozen=True, slots=True)
class FieldWinner:
    """Another winner for one field."""

    field: str
    winner: Winner


@dataclass(frozen=True, slots=True)
class Source:
    """Where records come from. Its `key` is unique; of rows with the same key the first counts.

    `reads` names the patients of the clinical record, or files in the folder of the source's id. Records of a
    `self_asserted` source are what people say of themselves: they are joined to others only by a reviewer.
    Without `include_all`, records that match nothing are nobody's. `dedupe` and `match` are the rules within
    the source and towards earlier ones; without them the usual ones apply (`usual_rules.py`).
    """

    id: str
    columns: tuple[Column, ...]
    key: str = "id"
    reads: Literal["record", "files"] = "files"
    updated: str | None = None
    self_asserted: bool = False
    include_all: bool = True
    dedupe: tuple[Rule, ...] | None = None
    match: tuple[Rule, ...] | None = None
    winner: Winner = "most_filled"
    winners: tuple[FieldWinner, ...] = ()

    def column(self, field: str) -> Column | None:
        return next((column for column in self.columns if column.of == field), None)


@dataclass(frozen=True, slots=True)
class Alias:
    """Two spellings of one value of a field, as compared."""

    field: str
    value: str
    means: str


@dataclass(frozen=True, slots=True)
class Bypass:
    """A value of a field that says nothing, as compared: a default, a switchboard."""

    field: str
    value: str


Keeping = Literal["importance", "most_recent", "least_recent", "separate", "exclude"]


@dataclass(frozen=True, slots=True)
class FieldMerge:
    """Which source's value of a field, or of fields as a unit, a person has (UN-8).

    By importance, in the order of `sources` (of the definition where it names none), the first that has one;
    or of the records' times the latest or earliest. `separate` keeps each source's under its own name;
    `exclude` none. One field may be called something else (`rename`).
    """

    fields: tuple[str, ...]
    keep: Keeping = "importance"
    sources: tuple[str, ...] = ()
    rename: str | None = None


@dataclass(frozen=True, slots=True)
class MatchingDraft:
    """How records of several sources become persons; the first source is the one most believed.

    Of `id_fields`, five at most, persons' ids are made, where the house wants such (UN-9): a person in whom
    one of them is corrected has another id, and keeps the former as a previous one.
    """

    name: str
    sources: tuple[Source, ...]
    exceptions: tuple[Rule, ...] | None = None
    aliases: tuple[Alias, ...] = ()
    bypass: tuple[Bypass, ...] = ()
    always: tuple[RecordPair, ...] = ()
    never: tuple[RecordPair, ...] = ()
    merge: tuple[FieldMerge, ...] = ()
    household: tuple[str, ...] = ("last_name", "address")
    id_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matching:
    """A draft as kept, numbered from 1."""

    id: str
    version: int
    draft: MatchingDraft

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.draft.sources


def meaning_of(sources: tuple[Source, ...], field: str) -> str | None:
    """Give what a field holds; a name's parts make a full name where no column has one."""
    found = next((column.meaning for source in sources if (column := source.column(field))), None)
    if found is None and field == FULL_NAME and FIRST_NAME in set(fields_of(sources)):
        return Meaning.FULL_NAME
    return found


def fields_of(sources: tuple[Source, ...]) -> Iterator[str]:
    """Give every field once, in the order in which they come."""
    yield from dict.fromkeys(column.of for source in sources for column in source.columns)


def spelling_of(sources: tuple[Source, ...], condition: Condition) -> tuple[Normalisation, ...]:
    """Give how a condition spells its values."""
    if condition.normalise is not None:
        return condition.normalise
    return USUAL.get(meaning_of(sources, condition.field) or "", ())
