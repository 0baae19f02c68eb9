"""Where exports lie, how their files are spelt, and who is there to be exported."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from shared.exports.definitions import Format
from shared.kernel.identity import PatientId

ColumnKind = Literal["text", "number", "integer", "truth", "date", "instant"]
Cell = str | float | int | bool | date | datetime | None
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of an export, and what it holds."""

    name: str
    kind: ColumnKind


class ExportTables(Protocol):
    """Spells rows as a file, and knows who stands in one."""

    def spelt(
        self, spelling: Format, columns: Sequence[ExportColumn], rows: Sequence[Mapping[str, Cell]]
    ) -> bytes:
        """Spell them; what a spreadsheet would take for a formula is neutralised in CSV."""
        ...

    def names(self, spelling: Format, content: bytes, patient_id: PatientId) -> bool:
        """Say whether the patient is among those in the column `patient_id`."""
        ...


class ExportFiles(Protocol):
    """Keeps the files of runs, each under its export and run. Every method may raise `TransientFault`.

    Whoever reads goes by the manifest, which is put last: a run without one is not there yet, or any more.
    """

    def put(self, export_id: str, run_id: str, name: str, content: bytes) -> None:
        """Keep a file, whole or not at all, in the place of one of that name."""
        ...

    def runs(self, export_id: str) -> Sequence[str]:
        """Name the runs of which anything lies there, the earliest first."""
        ...

    def names(self, export_id: str, run_id: str) -> Sequence[str]:
        """Name the files of a run."""
        ...

    def content(self, export_id: str, run_id: str, name: str) -> bytes | None:
        """Give a file, or None where there is none."""
        ...

    def take_away(self, export_id: str, run_id: str, *, but: Collection[str] = ()) -> None:
        """Take the files of a run away, its manifest first, except for some; done again, nothing is left."""
        ...


class EverybodyThere(Protocol):
    """Knows who is a patient, in the order of ids. May raise `TransientFault`."""

    def patients_after(self, after: PatientId | None, *, most: int) -> Sequence[PatientId]:
        """Give the next ids."""
        ...
