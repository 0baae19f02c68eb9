"""Keep a custom trigger as its maker wants it."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.triggers.custom import (
    CustomTrigger,
    CustomTriggerChangedMeanwhile,
    CustomTriggerDraft,
    CustomTriggerIsThere,
)
from shared.triggers.custom_definitions import drafted
from shared.triggers.custom_documents import CURRENT, custom_partition, version_id


@dataclass(frozen=True, slots=True)
class KeptCustomTrigger:
    """The custom trigger as kept, with the etag to change it by."""

    trigger: CustomTrigger
    etag: str


@dataclass(frozen=True, slots=True)
class PutCustomTrigger:
    """Writes the definition's next version; the next event is read by it. Every version is kept.

    One that is there is changed only by whoever has seen it, and once it was ready to use only so that
    whoever tells of it, or speaks of it, need not notice.
    """

    documents: Documents

    def __call__(
        self,
        draft: CustomTriggerDraft,
        *,
        trigger_id: str,
        caller: Caller,
        now: datetime,
        if_match: str | None,
    ) -> KeptCustomTrigger:
        """Keep it, or raise `Nonsense`, `CustomTriggerIsThere`, `…ChangedMeanwhile` or `…IsInUse`."""
        partition = custom_partition(trigger_id)
        before = self.documents.look(partition, CURRENT, CustomTrigger)
        as_seen(before, if_match, is_there=CustomTriggerIsThere, changed=CustomTriggerChangedMeanwhile)
        kept = drafted(trigger_id, draft, before.body if before else None)
        write = replacing(before, kept) if before else Create(CURRENT, kept)
        told = audited(
            write, what="put_custom_trigger", subject=f"custom-trigger/{trigger_id}", who=caller.who, now=now
        )
        changes = [write, Create(version_id(kept.version), kept)]
        etags = self.documents.commit(partition, changes=changes, announcements=[told])
        return KeptCustomTrigger(kept, etags[CURRENT])
