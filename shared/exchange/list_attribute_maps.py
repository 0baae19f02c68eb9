"""Show in which columns a type of resource is given out and taken in (FH-5)."""

from dataclasses import dataclass

from shared.exchange.model import AttributeMap
from shared.exchange.read_entity_map import ReadEntityMap
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class AttributesShown:
    """All columns of one type, in the order in which they were set."""

    resource_type: str
    attributes: tuple[AttributeMap, ...]
    etag: str | None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class ListAttributeMaps:
    """Gives the columns; none while nobody has set any."""

    documents: Documents

    def __call__(self, *, resource_type: str) -> AttributesShown:
        """Give them, or raise `NoSuchResourceType`."""
        kept = ReadEntityMap(self.documents)(resource_type=resource_type)
        return AttributesShown(resource_type, kept.entity_map.attributes, kept.etag)
