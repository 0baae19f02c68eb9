"""Show one type of activity."""

from dataclasses import dataclass

from shared.activities.documents import type_at
from shared.activities.put_activity_type import KeptActivityType
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class ReadActivityType:
    """Gives a type, and the etag to change it by."""

    documents: Documents

    def __call__(self, *, type_id: str) -> KeptActivityType:
        """Give it, or raise `NoSuchActivityType`."""
        found = type_at(self.documents, type_id)
        return KeptActivityType(found.body, found.etag)
