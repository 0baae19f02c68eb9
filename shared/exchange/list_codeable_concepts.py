"""Show by which codes things of a type are known (FH-5)."""

from dataclasses import dataclass

from shared.exchange.model import CodeableConcept
from shared.exchange.read_entity_map import ReadEntityMap
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class ConceptsShown:
    """The whole table of one type, in the order in which it was set."""

    resource_type: str
    concepts: tuple[CodeableConcept, ...]
    etag: str | None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class ListCodeableConcepts:
    """Gives the table; empty while nobody has set one."""

    documents: Documents

    def __call__(self, *, resource_type: str) -> ConceptsShown:
        """Give it, or raise `NoSuchResourceType`."""
        kept = ReadEntityMap(self.documents)(resource_type=resource_type)
        return ConceptsShown(resource_type, kept.entity_map.concepts, kept.etag)
