"""Show the exports there are."""

from dataclasses import dataclass

from shared.access.model import Caller
from shared.exports.definitions import Export, ExportState
from shared.exports.documents import STATE
from shared.exports.read_export import ExportShown, shown
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class WhichExports:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: ExportState | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ExportsFound:
    """One page of exports."""

    exports: tuple[ExportShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListExports:
    """Gives exports in order of their state, with how they stand, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichExports, *, caller: Caller) -> ExportsFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(STATE, Export, equal_to=which.state, limit=limit, after=which.after)
        return ExportsFound(tuple(shown(self.documents, found, caller) for found in page.items), page.next)
