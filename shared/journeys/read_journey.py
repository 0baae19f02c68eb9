"""Show one journey."""

from dataclasses import dataclass

from shared.journeys.documents import journey_at
from shared.journeys.put_journey import KeptJourney
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class ReadJourney:
    """Gives a journey as it now is, and the etag to change it by."""

    documents: Documents

    def __call__(self, *, journey_id: str) -> KeptJourney:
        """Give it, or raise `NoSuchJourney`."""
        found = journey_at(self.documents, journey_id)
        return KeptJourney(found.body, found.etag)
