"""Show one custom trigger."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.triggers.custom_documents import custom_trigger_at
from shared.triggers.put_custom_trigger import KeptCustomTrigger


@dataclass(frozen=True, slots=True)
class ReadCustomTrigger:
    """Gives a custom trigger and the etag to change it by."""

    documents: Documents

    def __call__(self, *, trigger_id: str) -> KeptCustomTrigger:
        """Give it, or raise `NoSuchCustomTrigger`."""
        found = custom_trigger_at(self.documents, trigger_id)
        return KeptCustomTrigger(found.body, found.etag)
