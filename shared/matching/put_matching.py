"""Keep a definition as its maker wants it."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, as_seen, replacing
from shared.matching.definition_problems import require_sound
from shared.matching.definitions import Matching, MatchingDraft
from shared.matching.documents import CURRENT, matching_partition, version_id
from shared.matching.model import MatchingChangedMeanwhile, MatchingIsThere


@dataclass(frozen=True, slots=True)
class KeptMatching:
    """The definition as kept, with the etag to change it by."""

    matching: Matching
    etag: str


@dataclass(frozen=True, slots=True)
class PutMatching:
    """Writes the definition as it now is, and its next version; no record is looked at before the next run.

    One that is there is changed only by whoever has seen it.
    """

    documents: Documents

    def __call__(
        self, draft: MatchingDraft, *, matching_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptMatching:
        """Keep it, or raise `Nonsense`, `MatchingIsThere` or `MatchingChangedMeanwhile`."""
        require_sound(draft)
        partition = matching_partition(matching_id)
        before = self.documents.look(partition, CURRENT, Matching)
        as_seen(before, if_match, is_there=MatchingIsThere, changed=MatchingChangedMeanwhile)
        matching = Matching(matching_id, before.body.version + 1 if before else 1, draft)
        write = replacing(before, matching) if before else Create(CURRENT, matching)
        told = audited(write, what="put_matching", subject=f"matching/{matching_id}", who=caller.who, now=now)
        changes = [write, Create(version_id(matching.version), matching)]
        etags = self.documents.commit(partition, changes=changes, announcements=[told])
        return KeptMatching(matching, etags[CURRENT])
