"""Keep a type of activity as its maker wants it."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.activities.activity_types import ActivityType, ActivityTypeDraft
from shared.activities.definitions import drafted
from shared.activities.documents import CURRENT, type_partition, version_id
from shared.activities.house_types import HOUSE_TYPES
from shared.activities.model import ActivityTypeChangedMeanwhile, ActivityTypeIsThere
from shared.audit.announced import audited
from shared.kernel.documents import Change, Create, Documents, as_seen, replacing


@dataclass(frozen=True, slots=True)
class KeptActivityType:
    """The type as kept, with the etag to change it by."""

    activity_type: ActivityType
    etag: str


@dataclass(frozen=True, slots=True)
class PutActivityType:
    """Writes the type as it now is, and its next version where it is another.

    One that is there is changed only by whoever has seen it. Who may see its activities counts at once, also
    for those taken in before; how items are read counts
    for those to come. Of our own types, whose ids begin with `house-`, the name and who may see it can be
    changed; until somebody does, they are as they ship.
    """

    documents: Documents

    def __call__(
        self, draft: ActivityTypeDraft, *, type_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptActivityType:
        """Keep it, or raise `Nonsense`, `ActivityTypeIsThere` or `ActivityTypeChangedMeanwhile`."""
        partition = type_partition(type_id)
        before = self.documents.look(partition, CURRENT, ActivityType)
        as_seen(before, if_match, is_there=ActivityTypeIsThere, changed=ActivityTypeChangedMeanwhile)
        ours = HOUSE_TYPES.get(type_id)
        kept = drafted(type_id, draft, before.body.version if before else 1, ours=ours)
        is_another = before is None or before.body != kept
        if before is not None and is_another:
            kept = replace(kept, version=before.body.version + 1)
        write = replacing(before, kept) if before else Create(CURRENT, kept)
        changes: list[Change] = [write]
        if is_another:
            changes.append(Create(version_id(kept.version), kept))
        told = audited(
            write, what="put_activity_type", subject=f"activity-type/{type_id}", who=caller.who, now=now
        )
        etags = self.documents.commit(partition, changes=changes, announcements=[told])
        return KeptActivityType(kept, etags[CURRENT])
