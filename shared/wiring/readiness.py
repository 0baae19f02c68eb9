"""Can the house do its work right now?"""

from contextlib import suppress
from dataclasses import dataclass

from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Documents
from shared.kernel.queues import QueueReceiver
from shared.kernel.refusals import NotFound
from shared.patients.contact_keys import ContactKeys
from shared.wiring.edition import CheckEdition

PROBED = "audit-entries"
ANYBODY = "readiness-probe"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What could be reached."""

    status: str
    reached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckReadiness:
    """Touch the store, the queues and the record."""

    documents: Documents
    receiver: QueueReceiver
    record: ClinicalRecord
    contact_keys: ContactKeys

    def __call__(self) -> Readiness:
        """Say that all three answer. Raises `TransientFault` for the first that does not.

        A store that a newer version has written raises `StoreIsNewer`, and one that is kept under another
        contact key `ContactKeyIsAnother`.
        """
        CheckEdition(self.documents, self.contact_keys).look()
        self.receiver.dead_letters(PROBED, limit=1)  # one queue: a broker looks into all of them for long
        with suppress(NotFound):  # that is an answer too
            self.record.read("Patient", ANYBODY)
        return Readiness("ready", ("store", "queues", "record"))
