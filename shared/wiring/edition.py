"""May this version work with this store?"""

from dataclasses import dataclass

from shared.adapters.store_edition import KNOWN, WRITTEN, taken_on
from shared.kernel.documents import Create, Document, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace

PARTITION, DOCUMENT = "house", "edition~current"


@dataclass(frozen=True, slots=True)
class StoreEdition:
    """What the store says of itself."""

    edition: int


@dataclass(frozen=True, slots=True)
class CheckEdition:
    """Asks the store for its edition, and raises `StoreIsNewer` for one that this version does not know."""

    documents: Documents
    known: int = KNOWN
    written: int = WRITTEN

    def __call__(self) -> int:
        """Take the store on, raising its edition to the one that this version writes; give the edition."""
        found = self._found()
        edition = self._taken_on(found)
        body = StoreEdition(edition)
        try:
            if found is None:
                self.documents.commit(PARTITION, changes=[Create(DOCUMENT, body)])
            elif edition > found.body.edition:
                self.documents.commit(PARTITION, changes=[replacing(found, body)])
        except (AlreadyExists, LostRace):  # another process has taken it on meanwhile
            return self()
        return edition

    def look(self) -> None:
        """See that this version may go on, and change nothing."""
        self._taken_on(self._found())

    def _found(self) -> Document[StoreEdition] | None:
        return self.documents.look(PARTITION, DOCUMENT, StoreEdition)

    def _taken_on(self, found: Document[StoreEdition] | None) -> int:
        return taken_on(found.body.edition if found else 0, known=self.known, written=self.written)
