"""Take rows into the record, in the columns of the type's map (FH-5, FH-7)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.access.model import Caller
from shared.exchange.bundle_references import references_in
from shared.exchange.columns import ColumnValue, with_columns
from shared.exchange.element_paths import path_of
from shared.exchange.model import EntityMap, NoColumns
from shared.exchange.read_entity_map import ReadEntityMap
from shared.exchange.settle_bundle import Sent
from shared.exchange.write_entries import CHANGED, EntryResult, WriteEntries
from shared.fhir.ports import Found, Resource
from shared.fhir.references import ID
from shared.fhir.versions import version_of
from shared.kernel.refusals import Nonsense

MOST_ROWS = 500
MOST_PROBLEMS = 20
NAMES_NOTHING = "a reference that only a bundle could say, and a server might take for somebody else"


@dataclass(frozen=True, slots=True)
class Row:
    """What one resource shall say: None takes away, and a column that is not named stays as it is.

    `version` is the one that its sender has seen, if that must still be there.
    """

    id: str
    columns: Mapping[str, ColumnValue]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class RowsWanted:
    """Of a `transaction` all rows are done or none; of a `batch` what cannot be done is named."""

    rows: tuple[Row, ...]
    type: Literal["transaction", "batch"] = "transaction"


@dataclass(frozen=True, slots=True)
class RowsWritten:
    """What came of the rows, in their own order; `entry` is a row's number."""

    resource_type: str
    results: tuple[EntryResult, ...]


@dataclass(frozen=True, slots=True)
class WriteRows:
    """Puts each row over what the record has under its id, or makes it, as `WriteEntries` promises.

    What no column names stays as the record has it. The same rows again change nothing.
    """

    write_entries: WriteEntries

    def __call__(
        self, wanted: RowsWanted, *, resource_type: str, caller: Caller, now: datetime
    ) -> RowsWritten:
        """Take them in, or raise `NoColumns`, `NoSuchResourceType`, `Nonsense`, or as `WriteEntries` does."""
        kept = ReadEntityMap(self.write_entries.documents)(resource_type=resource_type)
        if not kept.entity_map.attributes:
            raise NoColumns
        problems = list(_problems(wanted.rows))
        if problems:
            raise Nonsense(*problems[:MOST_PROBLEMS])
        there = self.write_entries.record.read_many([(resource_type, one.id) for one in wanted.rows])
        sent: list[Sent] = []
        for place, row in enumerate(wanted.rows):
            sent.append(self._sent(place, row, there, kept.entity_map, problems))
        if problems:
            raise Nonsense(*problems[:MOST_PROBLEMS])
        results = self.write_entries(
            sent, over=there, type_=wanted.type, act="write_rows", caller=caller, now=now
        )
        return RowsWritten(resource_type, results)

    def _sent(
        self, place: int, row: Row, there: Found, entity_map: EntityMap, problems: list[tuple[str, str]]
    ) -> Sent:
        """Make the resource; what is wrong with it is added to the problems."""
        type_ = entity_map.resource_type
        before = there.resources.get((type_, row.id))
        unmet = None
        if row.version is not None and (before is None or version_of(before) != row.version):
            unmet = CHANGED
        resource: Resource = before or {"resourceType": type_, "id": row.id}
        try:
            resource = with_columns(resource, row.columns, entity_map)
        except Nonsense as no:
            problems += [(f"rows.{place}.columns.{column}", problem) for column, problem in no.fields]
            return Sent(place, type_, row.id, resource, unmet=unmet)
        known = {text for _, text in references_in(before, type_)}
        for path, text in references_in(resource, type_):
            if text not in known and ("?" in text or text.startswith("urn:")):
                problems.append((f"rows.{place}.{_column_of(path, entity_map)}", NAMES_NOTHING))
        try:
            self.write_entries.reading.require_valid(type_, row.id, resource)
        except Nonsense as no:
            for path, problem in no.fields:
                problems.append((f"rows.{place}.{_column_of(path, entity_map)}", problem))
        return Sent(place, type_, row.id, resource, unmet=unmet)


def _problems(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    if not rows:
        yield "rows", "none"
    if len(rows) > MOST_ROWS:
        yield "rows", f"more than {MOST_ROWS}"
        return
    seen: set[str] = set()
    for place, row in enumerate(rows):
        if not ID.fullmatch(row.id):
            yield f"rows.{place}.id", "not a FHIR id"
        elif row.id in seen:
            yield f"rows.{place}.id", "the same resource twice"
        if not row.columns:
            yield f"rows.{place}.columns", "says nothing"
        seen.add(row.id)


def _column_of(path: str, entity_map: EntityMap) -> str:
    """Say a place in a resource (`Observation.status`) as the column that is written there, if one is."""
    names = tuple(step.partition("[")[0] for step in path.split(".")[1:])
    for one in entity_map.attributes:
        own = path_of(one.path).names
        if names and own[: len(names)] == names[: len(own)]:
            return f"columns.{one.column}"
    return f"resource.{'.'.join(names)}" if names else "resource"
