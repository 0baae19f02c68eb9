"""Taking everything out of a record at once: FHIR's bulk `$export` (fhir.md §2.3)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from shared.fhir.ports import Resource

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=3)
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of NDJSON, and how many resources the server says are in it."""

    type: str
    url: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The export is not done; some servers say when to ask again."""

    retry_after: timedelta | None = None

    def pause(self, looks: int) -> timedelta:
        """Give how long to wait after so many looks: what the server asks for, or twice as long each time."""
        return self.retry_after or min(FIRST_PAUSE * 2 ** min(looks, _MOST_DOUBLINGS), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export holds. `taken_at` is the `since` of the next; `deleted` holds Bundles of deletions."""

    taken_at: str
    needs_token: bool
    files: tuple[ExportFile, ...]
    deleted: tuple[ExportFile, ...] = ()
    problems: tuple[ExportFile, ...] = ()


class BulkExport(Protocol):
    """Asks a record for all it holds. Every method may raise `TransientFault`.

    A resource may stand in several files, in any order: whoever takes it in keeps the greatest version.
    """

    def begin(
        self,
        *,
        types: Collection[str] = (),
        since: str | None = None,
        group: str | None = None,
        filters: Collection[str] = (),
    ) -> str:
        """Begin an export, of a Group's members or of everything; give the name to ask after it by.

        `filters` are searches (`Observation?code=4548-4`): of the types that they name, only what meets one.
        """
        ...

    def look(self, export: str) -> Manifest | Running:
        """Say how far it is. Raises `NotFound` where there is no such export any more."""
        ...

    def resources(self, manifest: Manifest, file: ExportFile) -> Iterator[Resource]:
        """Read one file as it comes. A fault in between means to begin the file anew."""
        ...

    def cancel(self, export: str) -> None:
        """Let the server forget it, done or not; one that is not there is no complaint."""
        ...
