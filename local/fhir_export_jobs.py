"""One bulk export: what was asked, how far it has come, and the next step; all on disk (fhir.md §2.3)."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from local.durable_file import write_json
from shared.adapters.fhir_type_filters import TypeFilter
from shared.adapters.sqlite_record import SqliteRecord
from shared.adapters.sqlite_record_export import Portion

PER_FILE = 5000
"""Resources in one file, at most: about what Azure Health Data Services writes."""
PAGE = 1000
ENTRIES = 500
"""Deletions in one bundle."""


@dataclass(slots=True)
class Job:
    """Its files are whole: what is not yet in `output` or `deleted` is written again after a restart."""

    request: str
    transaction_time: str
    since: int
    until: int
    types: list[str]
    of_patients: bool = False
    patients: list[str] | None = None
    tells_deletions: bool = False
    output: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    deleted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    done_types: int = 0
    after: int = 0
    is_done: bool = False
    filters: list[TypeFilter] = field(default_factory=list[TypeFilter])

    @property
    def portion(self) -> Portion:
        patients = None if self.patients is None else tuple(self.patients)
        filters = tuple((type_, query) for type_, query in self.filters)
        return Portion(
            self.since, self.until, of_patients=self.of_patients, patients=patients, filters=filters
        )


def read_job(folder: Path) -> Job | None:
    """Read it from its folder; None where there is none."""
    try:
        said: dict[str, Any] = orjson.loads((folder / "job.json").read_bytes())
    except FileNotFoundError:
        return None
    return Job(**said)


def write_job(folder: Path, job: Job) -> None:
    """Keep how far it has come; this stands, whatever is killed."""
    said = {name: getattr(job, name) for name in Job.__slots__}
    write_json(folder / "job.json", said)


def next_step(record: SqliteRecord, folder: Path, job: Job, *, per_file: int = PER_FILE) -> None:
    """Write one more file, or find that all is written. A step that was cut short is done again."""
    if job.done_types < len(job.types):
        _write_resources(record, folder, job, per_file)
    elif job.tells_deletions and not job.is_done:
        _write_deletions(record, folder, job)
    else:
        job.is_done = True
    write_job(folder, job)


def _write_resources(record: SqliteRecord, folder: Path, job: Job, per_file: int) -> None:
    type_, after, count = job.types[job.done_types], job.after, 0
    number = sum(one["type"] == type_ for one in job.output) + 1
    name = f"{type_}-{number}.ndjson"
    page: Any = ()
    with _File(folder, name) as file:
        while count < per_file:
            page = record.page_of(type_, job.portion, after=after, limit=min(PAGE, per_file - count))
            if not page:
                break
            file.writelines(body + b"\n" for _, body in page)
            after, count = page[-1][0], count + len(page)
    if count:
        job.output.append({"type": type_, "name": name, "count": count})
    job.after = after
    if not page:
        job.done_types, job.after = job.done_types + 1, 0


def _write_deletions(record: SqliteRecord, folder: Path, job: Job) -> None:
    """Tell what was deleted, each line a transaction that would delete it elsewhere, too."""
    after, count, name = 0, 0, "deleted-1.ndjson"
    with _File(folder, name) as file:
        while gone := record.gone_in(job.types, job.portion, after=after, limit=ENTRIES):
            file.write(orjson.dumps(_bundle([(type_, id_) for _, type_, id_ in gone])) + b"\n")
            after, count = gone[-1][0], count + 1
    if count:
        job.deleted.append({"type": "Bundle", "name": name, "count": count})
    job.is_done = True


def _bundle(gone: list[tuple[str, str]]) -> dict[str, Any]:
    entries = [{"request": {"method": "DELETE", "url": f"{type_}/{id_}"}} for type_, id_ in gone]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


class _File:
    """A file that bears its name only when it is whole and on disk; one in which nothing is, is not there."""

    def __init__(self, folder: Path, name: str) -> None:
        self._whole = folder / name
        self._part = folder / f"{name}.part"

    def __enter__(self) -> BinaryIO:
        self._file = self._part.open("wb")
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        is_kept = kind is None and self._file.tell() > 0
        self._file.close()
        if is_kept:
            self._part.replace(self._whole)
        else:
            self._part.unlink()
