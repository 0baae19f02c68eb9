"""May this version, with this contact key, work with this store?"""

import hmac
from dataclasses import dataclass

from shared.adapters.store_edition import KNOWN, WRITTEN, taken_on
from shared.kernel.documents import Change, Create, Document, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace, TransientFault
from shared.patients.contact_keys import ContactKeys

PARTITION, DOCUMENT = "house", "edition~current"
FINGERPRINT = "fingerprint~contact-key"


class ContactKeyIsAnother(TransientFault):
    """CONTACT_KEY is not the key that this store was kept under: no opt-out would be found by it."""

    def __init__(self) -> None:
        super().__init__("CONTACT_KEY is not the key that this store was kept under: set that key again")


@dataclass(frozen=True, slots=True)
class StoreEdition:
    """What the store says of itself."""

    edition: int


@dataclass(frozen=True, slots=True)
class KeptUnder:
    """What a key is known again by, and cannot be had from."""

    fingerprint: str


@dataclass(frozen=True, slots=True)
class CheckEdition:
    """Asks the store for its edition and for the key it is kept under.

    Raises `StoreIsNewer` for an edition that this version does not know, and `ContactKeyIsAnother` for a
    store whose contact points are named by another key. One in which no key is noted is taken to be kept
    under this one.
    """

    documents: Documents
    contact_keys: ContactKeys
    known: int = KNOWN
    written: int = WRITTEN

    def __call__(self) -> int:
        """Take the store on, raising its edition to the one that this version writes; give the edition."""
        edition, changes = self._taken_on()
        try:
            if changes:
                self.documents.commit(PARTITION, changes=changes)
        except (AlreadyExists, LostRace):  # another process has taken it on meanwhile
            return self()
        return edition

    def look(self) -> None:
        """See that this version may go on, and change nothing."""
        self._taken_on()

    def _taken_on(self) -> tuple[int, list[Change]]:
        """Give the edition that the store is to have, and what must be written for it."""
        found = self.documents.look(PARTITION, DOCUMENT, StoreEdition)
        edition = taken_on(found.body.edition if found else 0, known=self.known, written=self.written)
        return edition, [*_raised(found, edition), *self._kept_under()]

    def _kept_under(self) -> list[Change]:
        mine = self.contact_keys.fingerprint()
        found = self.documents.look(PARTITION, FINGERPRINT, KeptUnder)
        if found is None:
            return [Create(FINGERPRINT, KeptUnder(mine))]
        if not hmac.compare_digest(found.body.fingerprint, mine):
            raise ContactKeyIsAnother
        return []


def _raised(found: Document[StoreEdition] | None, edition: int) -> list[Change]:
    if found is None:
        return [Create(DOCUMENT, StoreEdition(edition))]
    return [replacing(found, StoreEdition(edition))] if edition > found.body.edition else []
