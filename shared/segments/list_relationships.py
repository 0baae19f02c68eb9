"""Show by which relationships segments may go to other resources."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.segments.live_segments import LiveSegments
from shared.segments.nesting import walks_on
from shared.segments.relationships import (
    BACK,
    KNOWN,
    Cardinality,
    From,
    LinkType,
    Over,
    Relationship,
    relationships_with_etags,
)
from shared.segments.rules import Kind


@dataclass(frozen=True, slots=True)
class RelationshipShown:
    """One way from a type of resource to another.

    What FHIR says itself has no `id`; what `is_back` is gone against the reference, from the
    one to the many. `used_by` are the live
    segments that go by one of the house's own.
    """

    from_type: From
    path: str
    to_type: Kind
    is_back: bool = False
    over: Over = "reference"
    through: LinkType | None = None
    through_path: str | None = None
    cardinality: Cardinality = "many_to_one"
    id: str | None = None
    name: str | None = None
    is_retired: bool = False
    used_by: tuple[str, ...] = ()
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class RelationshipsFound:
    """All there are, FHIR's own first: few enough for one page."""

    relationships: tuple[RelationshipShown, ...]


@dataclass(frozen=True, slots=True)
class ListRelationships:
    """Gives them in order of the types that they begin at."""

    documents: Documents
    live: LiveSegments

    def __call__(self) -> RelationshipsFound:
        return RelationshipsFound((*_of_fhir(), *self._added()))

    def _added(self) -> Iterator[RelationshipShown]:
        for found in relationships_with_etags(self.documents):
            one = found.body
            yield RelationshipShown(
                one.from_type,
                one.path,
                one.to_type,
                over=one.over,
                through=one.through,
                through_path=one.through_path,
                cardinality=one.cardinality,
                id=one.id,
                name=one.name,
                is_retired=one.is_retired,
                used_by=users_of(one, self.live),
                etag=found.etag,
            )


def users_of(one: Relationship, live: LiveSegments) -> tuple[str, ...]:
    """Name the live segments that go by it."""
    goes_by = (
        segment.segment.id
        for segment in live.all()
        if not one.is_retired and any(map(one.is_on, walks_on(segment.paths)))
    )
    return tuple(sorted(goes_by))


def _of_fhir() -> Iterator[RelationshipShown]:
    for start, paths in KNOWN.items():
        for path, ends in paths.items():
            yield from (RelationshipShown(start, path, end) for end in ends)
    for kind, backs in BACK.items():
        for path, back in backs.items():
            for start in back.ends:
                yield RelationshipShown(start, path, kind, is_back=True)
