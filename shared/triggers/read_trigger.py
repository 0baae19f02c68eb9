"""Show one trigger."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.triggers.documents import trigger_at
from shared.triggers.put_trigger import KeptTrigger


@dataclass(frozen=True, slots=True)
class ReadTrigger:
    """Gives a trigger and the etag to change it by."""

    documents: Documents

    def __call__(self, *, trigger_id: str) -> KeptTrigger:
        """Give it, or raise `NoSuchTrigger`."""
        found = trigger_at(self.documents, trigger_id)
        return KeptTrigger(found.body, found.etag)
