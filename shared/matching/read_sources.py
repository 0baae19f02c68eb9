"""Reads the records of whatever source a definition names."""

from collections.abc import Iterator, Mapping

from shared.fhir.ports import ClinicalRecord
from shared.matching.comparing import SourceRecord
from shared.matching.definitions import Source
from shared.matching.in_fhir import COLUMNS, row_of
from shared.matching.model import RecordRef, SourceCannotBeRead
from shared.matching.ports import RecordSources, SourceFiles


class ReadsSources(RecordSources):
    """The record's patients, or rows of files, by the columns that a source describes."""

    def __init__(self, record: ClinicalRecord, files: SourceFiles) -> None:
        self._record = record
        self._files = files

    def records(self, source: Source) -> Iterator[SourceRecord]:
        rows = (
            self._patients(source)
            if source.reads == "record"
            else self._files.rows(source.id, _named(source))
        )
        return (_record_of(source, row) for row in rows)

    def _patients(self, source: Source) -> Iterator[Mapping[str, str]]:
        """Give every patient there is now; one that changes meanwhile comes as it was when first read."""
        if set(_named(source)) - COLUMNS:
            raise SourceCannotBeRead
        mark: str | None = None
        while True:
            changes = self._record.changes(mark, types=("Patient",))
            yield from (row_of(patient) for patient in changes.resources)
            if changes.is_all:
                return
            mark = changes.mark


def _named(source: Source) -> tuple[str, ...]:
    """Give the columns that are read, each once."""
    also = (source.updated,) if source.updated else ()
    return tuple(dict.fromkeys((source.key, *also, *(column.name for column in source.columns))))


def _record_of(source: Source, row: Mapping[str, str]) -> SourceRecord:
    values = {column.of: row[column.name] for column in source.columns if row.get(column.name)}
    updated = row.get(source.updated) if source.updated else None
    return SourceRecord(RecordRef(source.id, row.get(source.key, "")), values, updated)
