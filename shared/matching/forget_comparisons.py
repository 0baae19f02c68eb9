"""Forget what runs have compared, because it holds the record of somebody who has been erased."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.kernel.documents import Documents, replacing
from shared.matching.documents import LAST, LastRun, matching_partition
from shared.matching.kinds_of_run import comparisons_of
from shared.matching.ports import Comparisons


@dataclass(frozen=True, slots=True)
class ForgetComparisons:
    """Takes all of it away, whole or not, and lets the next run of each matching be a full one.

    A run under way notices it, and ends without keeping what it has compared. It is written before anything
    is taken away: what a run keeps that ended before that goes too.
    """

    documents: Documents
    comparisons: Comparisons

    def __call__(self, matchings: Iterable[str]) -> None:
        for matching_id in matchings:
            partition = matching_partition(matching_id)
            last = self.documents.look(partition, LAST, LastRun)
            if last is not None:
                forgotten = replace(last.body, comparison="")
                self.documents.commit(partition, changes=[replacing(last, forgotten)])
            self.comparisons.drop_all(comparisons_of(matching_id))
