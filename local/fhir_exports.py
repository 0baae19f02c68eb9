"""Bulk exports of the embedded FHIR server, each in its own folder, which no restart ends (decision 27)."""

import logging
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.fhir_export_jobs import PER_FILE, Job, next_step, read_job, write_job
from shared.adapters.fhir_compartment import PATIENT_COMPARTMENT
from shared.adapters.fhir_type_filters import TypeFilter
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.instants import DAWN, microseconds, moment_of
from shared.fhir.refusals import ResourceNotFound
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.refusals import TransientFault

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9-]{1,64}(\.ndjson)?")


@dataclass(frozen=True, slots=True)
class Export:
    """What is asked: all types or some, written from `since` to `until`, of everybody or of patients."""

    request: str
    types: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    of_patients: bool = False
    patients: tuple[str, ...] | None = None
    filters: tuple[TypeFilter, ...] = ()


class Exports:
    """Works on each export in a thread that ends with its work; one step of one of them at a time.

    What lies beside the record is all there is to know: whoever asks about one that nobody works on sets it
    going again.
    """

    def __init__(
        self,
        record: SqliteRecord,
        *,
        per_file: int = PER_FILE,
        begin: Callable[[threading.Thread], None] = threading.Thread.start,
    ) -> None:
        self._folder = record.path.parent / "exports"
        self._record = record
        self._per_file = per_file
        self._begin = begin
        self._door = threading.Lock()
        self._stepping = threading.Lock()
        self._under_way: set[str] = set()

    def begin(self, asked: Export) -> str:
        """Take it on, and give its id. It gives what is written by now, or by `until` if that is earlier.

        Raises `Nonsense` for a filter that cannot be searched by: later nobody would be told.
        """
        now = self._record.clock.now()
        until = min(microseconds(now), asked.until if asked.until is not None else microseconds(now))
        job = Job(
            request=asked.request,
            transaction_time=moment_of(until).isoformat(timespec="microseconds"),
            since=DAWN if asked.since is None else asked.since,
            until=until,
            types=self._types(asked),
            of_patients=asked.of_patients,
            patients=None if asked.patients is None else [*asked.patients],
            tells_deletions=asked.since is not None,
            filters=[*asked.filters],
        )
        for type_ in {named for named, _ in asked.filters}:
            self._record.page_of(type_, job.portion, after=0, limit=0)
        id_ = self._record.ids.new()
        (self._folder / id_).mkdir(parents=True)
        write_job(self._folder / id_, job)
        self._go_on(id_)
        return id_

    def job(self, id_: str) -> Job:
        """Say how far it has come. Raises `ResourceNotFound`, also once it was cancelled."""
        job = read_job(self._folder_of(id_))
        if job is None:
            raise ResourceNotFound
        if not job.is_done:
            self._go_on(id_)
        return job

    def cancel(self, id_: str) -> None:
        """Give it up, and take away what it has written. Raises `ResourceNotFound`."""
        folder = self._folder_of(id_)
        with self._stepping:
            if read_job(folder) is None:
                raise ResourceNotFound
            shutil.rmtree(folder)

    def file(self, id_: str, name: str) -> Path:
        """Give where a file that the manifest names lies. Raises `ResourceNotFound`."""
        job = self.job(id_)
        if name not in {one["name"] for one in (*job.output, *job.deleted)}:
            raise ResourceNotFound
        return self._folder_of(id_) / name

    def _types(self, asked: Export) -> list[str]:
        possible = {"Patient", *PATIENT_COMPARTMENT} if asked.of_patients else R4_TYPES
        if asked.types:
            return sorted(possible.intersection(asked.types))
        return sorted(possible if asked.since is not None else possible.intersection(self._record.types()))

    def _folder_of(self, id_: str) -> Path:
        if not _NAME.fullmatch(id_):
            raise ResourceNotFound
        return self._folder / id_

    def _go_on(self, id_: str) -> None:
        with self._door:
            if id_ in self._under_way:
                return
            self._under_way.add(id_)
        self._begin(threading.Thread(target=self._work, args=(id_,), name="fhir-export", daemon=True))

    def _step(self, folder: Path) -> bool:
        """Write one more file; False when there is nothing left to do."""
        with self._stepping:
            job = read_job(folder)
            if job is None or job.is_done:
                return False
            next_step(self._record, folder, job, per_file=self._per_file)
            return True

    def _work(self, id_: str) -> None:
        """Go on until it is done, cancelled, or the record closed; whatever stops it, it can go on later."""
        folder = self._folder_of(id_)
        try:
            while self._step(folder):
                pass
        except (TransientFault, OSError) as fault:
            log.warning("fhir.export.interrupted", extra={"fault": type(fault).__name__})
        finally:
            with self._door:
                self._under_way.discard(id_)
