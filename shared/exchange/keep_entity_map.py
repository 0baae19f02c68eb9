"""Write an entity map over the one that its writer has seen."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.exchange.documents import ORGANISATION, map_id, map_of
from shared.exchange.model import (
    EntityMap,
    EntityMapChangedMeanwhile,
    EntityMapIsThere,
    as_shipped,
    require_resource_type,
)
from shared.exchange.read_entity_map import KeptEntityMap
from shared.kernel.documents import Create, Documents, as_seen, replacing


def keep_entity_map(  # noqa: PLR0913  # where, what, how, by whom, when, over which, as which act
    documents: Documents,
    resource_type: str,
    change: Callable[[EntityMap], EntityMap],
    *,
    caller: Caller,
    now: datetime,
    if_match: str | None,
    what: str,
) -> KeptEntityMap:
    """Keep what `change` makes of the map in force, as its next version, and tell the audit.

    Raises `NoSuchResourceType`, `EntityMapIsThere` or `EntityMapChangedMeanwhile`.
    """
    require_resource_type(resource_type)
    before = map_of(documents, resource_type)
    as_seen(before, if_match, is_there=EntityMapIsThere, changed=EntityMapChangedMeanwhile)
    was = before.body if before else as_shipped(resource_type)
    kept = replace(change(was), version=was.version + 1, changed_by=caller.who, changed_at=now)
    id_ = map_id(resource_type)
    write = replacing(before, kept) if before else Create(id_, kept)
    told = audited(write, what=what, subject=f"entity-map/{resource_type}", who=caller.who, now=now)
    etags = documents.commit(ORGANISATION, changes=[write], announcements=[told])
    return KeptEntityMap(kept, etags[id_])
