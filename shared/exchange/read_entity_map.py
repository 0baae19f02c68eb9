"""Show one entity map, with its table of codeable concepts (FH-5)."""

from dataclasses import dataclass

from shared.exchange.documents import map_of
from shared.exchange.model import EntityMap, as_shipped, require_resource_type
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class KeptEntityMap:
    """The map, and the etag to change it by; None while it is as shipped."""

    entity_map: EntityMap
    etag: str | None


@dataclass(frozen=True, slots=True)
class ReadEntityMap:
    """Gives the map in force for a type, whether anybody has set it or not."""

    documents: Documents

    def __call__(self, *, resource_type: str) -> KeptEntityMap:
        """Give it, or raise `NoSuchResourceType`."""
        require_resource_type(resource_type)
        found = map_of(self.documents, resource_type)
        return (
            KeptEntityMap(found.body, found.etag) if found else KeptEntityMap(as_shipped(resource_type), None)
        )
