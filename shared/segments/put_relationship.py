"""Let segments go by a reference that the house uses and FHIR's own table here does not name (UN-12)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import AlreadyExists, Nonsense, Stale
from shared.segments.definitions import CONTROLS
from shared.segments.list_relationships import users_of
from shared.segments.live_segments import LiveSegments
from shared.segments.relationships import (
    BACK,
    COMPARED,
    PARTITION,
    PATH,
    Cardinality,
    From,
    LinkType,
    Over,
    Relationship,
    RelationshipIsInUse,
    is_of_fhir,
    relationship_id,
    relationships_in,
)
from shared.segments.rules import Kind

LONGEST_NAME = 200
MOST = 100


class RelationshipIsThere(AlreadyExists):
    """There is such a relationship already; who changes it says in If-Match which version was seen."""


class RelationshipChangedMeanwhile(Stale):
    """The relationship has been changed since it was read."""


@dataclass(frozen=True, slots=True)
class RelationshipDraft:
    """What a person says about a relationship; see `Relationship` for its fields.

    Over references, `path` says in which element those of one type refer to another's; over values, which of
    them is equal. `through` resources that refer to both, many belong to many.
    """

    name: str
    from_type: From
    path: str
    to_type: Kind
    is_retired: bool = False
    over: Over = "reference"
    through: LinkType | None = None
    through_path: str | None = None
    cardinality: Cardinality = "many_to_one"


@dataclass(frozen=True, slots=True)
class KeptRelationship:
    """The relationship as kept, with the etag to change it by."""

    relationship: Relationship
    etag: str


@dataclass(frozen=True, slots=True)
class PutRelationship:
    """Keeps a relationship; segments may go by it as soon as it is kept.

    Nothing has to be filled: the lake holds every reference there is, and all that may be compared. While a
    live segment goes by it, it may get another name and another cardinality, and nothing else.
    """

    documents: Documents
    live: LiveSegments

    def __call__(
        self,
        draft: RelationshipDraft,
        *,
        relationship: str,
        caller: Caller,
        now: datetime,
        if_match: str | None,
    ) -> KeptRelationship:
        """Keep it.

        Raises `Nonsense`, `RelationshipIsThere`, `RelationshipChangedMeanwhile` or `RelationshipIsInUse`.
        """
        kept = Relationship(
            relationship,
            draft.name,
            draft.from_type,
            draft.path,
            draft.to_type,
            draft.is_retired,
            draft.over,
            draft.through,
            draft.through_path,
            draft.cardinality,
        )
        before = self.documents.look(PARTITION, relationship_id(relationship), Relationship)
        as_seen(before, if_match, is_there=RelationshipIsThere, changed=RelationshipChangedMeanwhile)
        problems = list(
            _problems(kept, [one for one in relationships_in(self.documents) if one.id != kept.id])
        )
        if problems:
            raise Nonsense(*problems)
        if before is not None and _leads_elsewhere(before.body, kept) and users_of(before.body, self.live):
            raise RelationshipIsInUse
        write = replacing(before, kept) if before else Create(relationship_id(relationship), kept)
        told = audited(
            write, what="put_relationship", subject=f"relationship/{kept.id}", who=caller.who, now=now
        )
        etags = self.documents.commit(PARTITION, changes=[write], announcements=[told])
        return KeptRelationship(kept, etags[write.id])


def _leads_elsewhere(before: Relationship, after: Relationship) -> bool:
    return replace(before, name="", cardinality="many_to_one") != replace(
        after, name="", cardinality="many_to_one"
    )


def _problems(kept: Relationship, others: list[Relationship]) -> Iterator[Problem]:
    if not is_definition_id(kept.id):
        yield "relationship", NO_DEFINITION_ID
    if not kept.name.strip() or len(kept.name) > LONGEST_NAME or CONTROLS.search(kept.name):
        yield "name", f"not 1 to {LONGEST_NAME} letters"
    if len(others) >= MOST:
        yield "relationship", f"more than {MOST}"
    wrong = list(_of_value(kept) if kept.over == "value" else _of_reference(kept))
    yield from wrong
    if not wrong and _is_there(kept, others):
        yield "path", "there is such a relationship already"


def _of_value(kept: Relationship) -> Iterator[Problem]:
    compared = COMPARED.get(kept.path)
    if compared is None:
        yield "path", f"not one of {', '.join(COMPARED)}"
        return
    if kept.from_type not in compared.held_by:
        yield "from_type", f"{kept.from_type} has no {kept.path} here"
    if kept.to_type not in compared.searched_by:
        yield "to_type", f"{kept.to_type} is not found by {kept.path}"
    if kept.through is not None or kept.through_path is not None:
        yield "through", "goes by references"


def _of_reference(kept: Relationship) -> Iterator[Problem]:
    if not PATH.fullmatch(kept.path):
        yield "path", "not the path of an element"
    if kept.through is None:
        if kept.through_path is not None:
            yield "through_path", "through nothing"
        return
    back = BACK[kept.through].get(kept.through_path or "")
    if back is None or kept.from_type not in back.ends:
        yield "through_path", f"no element by which {kept.from_type} is found in a {kept.through}"
    if kept.cardinality != "many_to_many":
        yield "cardinality", "through others many belong to many"


def _is_there(kept: Relationship, others: list[Relationship]) -> bool:
    """Say whether it is known; one of FHIR's own may be declared one to one, and is checked then."""
    if any(one.steps == kept.steps for one in others if not one.is_retired):
        return True
    return kept.cardinality == "many_to_one" and all(is_of_fhir(*step) for step in kept.steps)
