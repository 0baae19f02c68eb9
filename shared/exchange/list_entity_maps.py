"""Show what may pass between the house and the record, type by type (FH-5)."""

from dataclasses import dataclass

from shared.exchange.documents import kept_maps
from shared.exchange.model import KNOWN, UNDER_GUARDS, WRITTEN_BY_THE_HOUSE, EntityMap, Message, as_shipped
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class EntityMapLine:
    """One type; `etag` is None while its map is as shipped."""

    resource_type: str
    is_enabled: bool
    write_back: bool
    messages: tuple[Message, ...]
    concepts: int
    version: int
    etag: str | None


@dataclass(frozen=True, slots=True)
class EntityMapsShown:
    """Every type of which something passes or can be written, or of which somebody has said something."""

    maps: tuple[EntityMapLine, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class ListEntityMaps:
    """Lists them all, in the order of the types' names."""

    documents: Documents

    def __call__(self) -> EntityMapsShown:
        kept = kept_maps(self.documents)
        lines = [
            _line(one.body, one.etag) if (one := kept.get(name)) else _line(as_shipped(name), None)
            for name in sorted(KNOWN | UNDER_GUARDS | WRITTEN_BY_THE_HOUSE | kept.keys())
        ]
        return EntityMapsShown(tuple(lines))


def _line(one: EntityMap, etag: str | None) -> EntityMapLine:
    return EntityMapLine(
        one.resource_type, one.is_enabled, one.write_back, one.messages, len(one.concepts), one.version, etag
    )
