"""Let segments go by a reference that the house uses and FHIR's own table here does not name (UN-12)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.kernel.refusals import AlreadyExists, Nonsense, Stale
from shared.segments.definitions import CONTROLS, ID
from shared.segments.list_relationships import users_of
from shared.segments.live_segments import LiveSegments
from shared.segments.relationships import (
    PARTITION,
    PATH,
    From,
    Relationship,
    RelationshipIsInUse,
    is_known,
    relationship_id,
    relationships_in,
)
from shared.segments.rule_problems import Problem
from shared.segments.rules import Hop, Kind

LONGEST_NAME = 200
MOST = 100


class RelationshipIsThere(AlreadyExists):
    """There is such a relationship already; who changes it says in If-Match which version was seen."""


class RelationshipChangedMeanwhile(Stale):
    """The relationship has been changed since it was read."""


@dataclass(frozen=True, slots=True)
class RelationshipDraft:
    """What a person says about a relationship: in which element those of one type refer to another's."""

    name: str
    from_type: From
    path: str
    to_type: Kind
    is_retired: bool = False


@dataclass(frozen=True, slots=True)
class KeptRelationship:
    """The relationship as kept, with the etag to change it by."""

    relationship: Relationship
    etag: str


@dataclass(frozen=True, slots=True)
class PutRelationship:
    """Keeps a relationship; segments may go by it as soon as it is kept.

    Nothing has to be filled: the lake holds every reference there is. While a live segment goes by it, it may
    get another name and nothing else.
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
            relationship, draft.name, draft.from_type, draft.path, draft.to_type, draft.is_retired
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
    return replace(before, name="") != replace(after, name="")


def _problems(kept: Relationship, others: list[Relationship]) -> Iterator[Problem]:
    if not ID.fullmatch(kept.id):
        yield "relationship", "not up to 40 small letters, digits and hyphens"
    if not kept.name.strip() or len(kept.name) > LONGEST_NAME or CONTROLS.search(kept.name):
        yield "name", f"not 1 to {LONGEST_NAME} letters"
    if not PATH.fullmatch(kept.path):
        yield "path", "not the path of an element"
    elif is_known(kept.from_type, Hop(kept.path, kept.to_type), others):
        yield "path", "there is such a relationship already"
    if len(others) >= MOST:
        yield "relationship", f"more than {MOST}"
