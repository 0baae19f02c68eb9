"""Ask for the records of a matching to be compared anew."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, announcing
from shared.kernel.refusals import AlreadyExists
from shared.matching.documents import Run, RunAsked, matching_at, matching_partition, run_at, run_id_of
from shared.matching.model import WorkOnPersons


@dataclass(frozen=True, slots=True)
class StartMatchingRun:
    """Queues a run by the definition as it now is; the same run asked for again is the one that is there."""

    documents: Documents

    def __call__(
        self, asked: RunAsked, *, matching_id: str, run_id: str, caller: Caller, now: datetime
    ) -> Run:
        """Give the run, or raise `NoSuchMatching`."""
        matching = matching_at(self.documents, matching_id).body
        run = Run(run_id, matching_id, matching.version, "queued", caller.who, now, asked_full=asked.full)
        write = Create(run_id_of(run_id), run)
        told = [
            announcing(WorkOnPersons(matching_id, run_id=run_id), of=write, named=f"{matching_id}~{run_id}"),
            audited(
                write,
                what="start_matching_run",
                subject=f"matching/{matching_id}",
                who=caller.who,
                now=now,
                entry_id=f"run~{run_id}",
            ),
        ]
        with suppress(AlreadyExists):  # asked before: it goes on as it is
            self.documents.commit(matching_partition(matching_id), changes=[write], announcements=told)
        return run_at(self.documents, matching_id, run_id).body
