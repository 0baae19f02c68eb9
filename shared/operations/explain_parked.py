"""Show an operator one parked message."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.operations.documents import parked_message
from shared.operations.shown import ParkedExplained, explained


@dataclass(frozen=True, slots=True)
class ExplainParked:
    """Show why a message was parked and what it looks like, its values withheld."""

    documents: Documents

    def __call__(self, *, parked_id: str) -> ParkedExplained:
        return explained(parked_message(self.documents, parked_id))
