"""Whether a run compares all records, or only what has changed since the last one (UN-1)."""

from dataclasses import dataclass, replace

from shared.kernel.documents import Document, Documents
from shared.kernel.identity import derived
from shared.matching.definitions import Matching, MatchingDraft
from shared.matching.documents import LastRun, WhyFull, last_run_of, matching_partition, version_id
from shared.matching.ports import Comparisons

EDITION = 1
"""Of how values are spelt and compared; to be raised when the same values could be spelt otherwise."""


@dataclass(frozen=True, slots=True)
class KindsOfRun:
    """Says which kind a run by a draft would be now; a full one follows `full_after` incremental ones."""

    documents: Documents
    comparisons: Comparisons
    full_after: int

    def why_full(
        self, matching_id: str, draft: MatchingDraft, last: Document[LastRun] | None
    ) -> WhyFull | None:
        """Say why all must be compared; None where what has changed is enough."""
        if last is not None and not last.body.is_whole:
            return WhyFull.STOPPED_WHILE_WRITING
        if last is None or last.body.edition != EDITION:
            return WhyFull.NO_RUN_BEFORE
        if not self._asks_the_same(matching_id, last.body.version, draft):
            return WhyFull.DEFINITION_CHANGED
        if last.body.incremental >= self.full_after:
            return WhyFull.MANY_INCREMENTAL
        if not (last.body.comparison and self.comparisons.has(last.body.comparison)):
            return WhyFull.NOTHING_KEPT
        return None

    def of_next(self, matching_id: str, draft: MatchingDraft) -> WhyFull | None:
        """Say so of a run that would begin now."""
        return self.why_full(matching_id, draft, last_run_of(self.documents, matching_id))

    def _asks_the_same(self, matching_id: str, version: int, draft: MatchingDraft) -> bool:
        """Say whether two versions differ in nothing but the name."""
        then = self.documents.look(matching_partition(matching_id), version_id(version), Matching)
        return then is not None and replace(then.body.draft, name=draft.name) == draft


def comparison_of(matching_id: str, run_id: str, attempt: int) -> str:
    """Name what a run has compared: each time it begins anew, so that who was overtaken spoils nothing."""
    return f"{comparisons_of(matching_id)}/{derived('run', run_id, str(attempt))}"


def comparisons_of(matching_id: str) -> str:
    """Name all that is kept of a matching, whose id may hold what names of files may not."""
    return derived("matching", matching_id)
