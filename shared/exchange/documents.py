"""Entity maps as documents: all in one partition, one for each type that somebody has set."""

from shared.exchange.model import EntityMap, EntityMaps
from shared.kernel.documents import Document, Documents

ORGANISATION = "entity-maps/organisation"
MOST_MAPS = 200
"""R4 has 148 types."""


def map_id(resource_type: str) -> str:
    return f"map~{resource_type}"


def map_of(documents: Documents, resource_type: str) -> Document[EntityMap] | None:
    """Give the map that somebody has set, or None while nobody has."""
    return documents.look(ORGANISATION, map_id(resource_type), EntityMap)


def kept_maps(documents: Documents) -> dict[str, Document[EntityMap]]:
    found = documents.list(ORGANISATION, "map", EntityMap, limit=MOST_MAPS).items
    return {one.body.resource_type: one for one in found}


def maps_in_force(documents: Documents) -> EntityMaps:
    return EntityMaps({name: one.body for name, one in kept_maps(documents).items()})
