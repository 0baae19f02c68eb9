"""Run all matchings anew, as a stage of a refresh (UN-17)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.model import Caller
from shared.kernel.documents import Documents
from shared.kernel.identity import derived
from shared.matching.definitions import Matching
from shared.matching.documents import MATCHINGS, Run, RunAsked, matching_partition
from shared.matching.start_matching_run import StartMatchingRun
from shared.patients.refreshes import StagePartFailed, StageStep, StageTookTooLong

HOUSE = Caller("refresh", "house")
LOOKS_EVERY = timedelta(seconds=30)
LONGEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class RunMatchings:
    """Starts a run of each matching and waits for them, one run for a refresh however often it is asked.

    A matching is run by itself only in a version that somebody has had run to its end: what a new definition
    does to people's ids is looked at by a person first.
    """

    documents: Documents
    start: StartMatchingRun

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:
        """Do so. Raises `StagePartFailed` once all are over and one has failed, or `StageTookTooLong`."""
        since = datetime.fromisoformat(after) if after else now
        runs = [self._run(one, refresh_id, now) for one in self._tried()]
        if all(run.ended_at is not None for run in runs):
            if any(run.state == "failed" for run in runs):
                raise StagePartFailed
            return StageStep(len(runs), None, is_through=True)
        if now - since > LONGEST:
            raise StageTookTooLong
        return StageStep(0, since.isoformat(), is_through=False, again_in=LOOKS_EVERY)

    def _run(self, matching: Matching, refresh_id: str, now: datetime) -> Run:
        named = derived("refresh", refresh_id, matching.id)
        return self.start(RunAsked(), matching_id=matching.id, run_id=named, caller=HOUSE, now=now)

    def _tried(self) -> Iterator[Matching]:
        after: str | None = None
        while True:
            page = self.documents.find(MATCHINGS, Matching, after=after)
            yield from (found.body for found in page.items if self._has_been_run(found.body))
            after = page.next
            if after is None:
                return

    def _has_been_run(self, matching: Matching) -> bool:
        after: str | None = None
        while True:
            page = self.documents.list(matching_partition(matching.id), "run", Run, after=after)
            if any(one.body.version == matching.version and one.body.state == "done" for one in page.items):
                return True
            after = page.next
            if after is None:
                return False
