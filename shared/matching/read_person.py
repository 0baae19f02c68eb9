"""Show one person: the values that hold, and the records they come from."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.matching.documents import person_at
from shared.matching.model import PersonId
from shared.matching.persons import Person


@dataclass(frozen=True, slots=True)
class ReadPerson:
    """Gives a person by their stable id; of an id that is nobody's any more, whose records they are now."""

    documents: Documents

    def __call__(self, *, matching_id: str, person_id: PersonId) -> Person:
        """Give them, or raise `NoSuchPerson`."""
        return person_at(self.documents, matching_id, person_id).body
