"""Forget what runs have compared, because it holds the record of somebody who has been erased."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.kernel.documents import Documents, replacing
from shared.matching.documents import LAST, LastRun, matching_partition
from shared.matching.kinds_of_run import comparison_of
from shared.matching.ports import Comparisons

NONE = ""
"""The name of no run, so that none of what was compared is kept."""


@dataclass(frozen=True, slots=True)
class ForgetComparisons:
    """Takes it from this machine, and lets the next run of each matching be a full one; told twice, once.

    What a run that was killed, or is under way, has put down goes as well; the latter begins anew.
    What lies on another machine goes with the next run there.
    """

    documents: Documents
    comparisons: Comparisons

    def __call__(self, matchings: Iterable[str]) -> None:
        for matching_id in matchings:
            partition = matching_partition(matching_id)
            last = self.documents.look(partition, LAST, LastRun)
            self.comparisons.drop_others(comparison_of(matching_id, NONE, 0))
            if last is not None and last.body.comparison:
                forgotten = replace(last.body, comparison="")
                self.documents.commit(partition, changes=[replacing(last, forgotten)])
