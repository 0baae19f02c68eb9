"""Keep a trigger as its maker wants it."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Document, Documents, as_seen, replacing
from shared.kernel.refusals import Conflict
from shared.triggers.definitions import drafted, in_force_since
from shared.triggers.documents import DEFINITION, trigger_partition, version_id
from shared.triggers.model import TriggerChangedMeanwhile, TriggerDefinition, TriggerDraft, TriggerIsThere


class TriggerIsInUse(Conflict):
    """A trigger that has been ready to use can be stopped, but is no draft any more."""


@dataclass(frozen=True, slots=True)
class KeptTrigger:
    """The trigger as kept, with the etag to change it by."""

    trigger: TriggerDefinition
    etag: str


@dataclass(frozen=True, slots=True)
class PutTrigger:
    """Writes the definition's next version; it is in force everywhere within two seconds.

    Every version is kept: what has fired is judged by the one that fired it. One that is there is changed
    only by whoever has seen it.
    """

    documents: Documents

    def __call__(
        self, draft: TriggerDraft, *, trigger_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptTrigger:
        """Keep it, or raise `Nonsense`, `TriggerIsThere`, `TriggerChangedMeanwhile` or `TriggerIsInUse`."""
        before = self.documents.look(trigger_partition(trigger_id), DEFINITION, TriggerDefinition)
        _refuse(before, draft, if_match)
        was = before.body if before else None
        since = in_force_since(draft, was, now)
        trigger = drafted(trigger_id, draft, was.version + 1 if was else 1, since)
        write = replacing(before, trigger) if before else Create(DEFINITION, trigger)
        told = audited(write, what="put_trigger", subject=f"trigger/{trigger_id}", who=caller.who, now=now)
        etags = self.documents.commit(
            trigger_partition(trigger_id),
            changes=[write, Create(version_id(trigger.version), trigger)],
            announcements=[told],
        )
        return KeptTrigger(trigger, etags[DEFINITION])


def _refuse(before: Document[TriggerDefinition] | None, draft: TriggerDraft, if_match: str | None) -> None:
    as_seen(before, if_match, is_there=TriggerIsThere, changed=TriggerChangedMeanwhile)
    if before is not None and before.body.state != "draft" and draft.state == "draft":
        raise TriggerIsInUse
