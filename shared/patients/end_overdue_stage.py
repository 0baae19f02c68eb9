"""Let a refresh go on that a stage has brought to a stand (UN-17)."""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.patients.advance_refresh import moved_on
from shared.patients.model import EndOverdueStage
from shared.patients.refreshes import PARTITION, RefreshRun, refreshing, run_id

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EndsOverdueStage:
    """Has the stages tried one by one, and ends the one that gives no answer then either: it has failed.

    What a stage answers after that is of a step that has passed, and counts no more. Told again, or of a run
    that has gone on meanwhile, nothing is done.
    """

    documents: Documents

    def __call__(self, asked: EndOverdueStage, *, now: datetime) -> None:
        found = self.documents.read(PARTITION, run_id(asked.refresh_id), RefreshRun)
        state = refreshing(self.documents)
        run = found.body
        if state is None or run.step != asked.step or not run.is_overdue(now):
            return
        after = run.unstuck(now)
        moved_on(self.documents, found, after, state, now)
        log.warning("patients.refresh.overdue", extra={"stage": after.alone or run.alone, "refresh": run.id})
