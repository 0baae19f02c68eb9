"""Forget something that was told of somebody unknown, before its time."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.activities.model import NoSuchUnplacedActivity
from shared.activities.unplaced import CURRENT, Unplaced, unplaced_partition
from shared.audit.announced import audited
from shared.audit.model import Action
from shared.kernel.documents import Documents, deleting, replacing
from shared.kernel.refusals import NotFound


@dataclass(frozen=True, slots=True)
class DiscardUnplaced:
    """Forgets it for good, audited; told again by its source, it is set aside again."""

    documents: Documents

    def __call__(self, *, unplaced_id: str, caller: Caller, now: datetime) -> None:
        """Do so, or raise `NoSuchUnplacedActivity`."""
        partition = unplaced_partition(unplaced_id)
        try:
            found = self.documents.read(partition, CURRENT, Unplaced)
        except NotFound:
            raise NoSuchUnplacedActivity from None
        told = audited(
            replacing(found, found.body),
            what="discard_unplaced",
            subject=f"activity-type/{found.body.type_id}",
            who=caller.who,
            now=now,
            entry_id=f"discard_unplaced~{unplaced_id}~{found.version}",
            action=Action.DELETE,
        )
        self.documents.commit(partition, changes=[deleting(found)], announcements=[told])
