"""Run all live exports, as the last stage of a refresh (UN-17)."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.access.model import Caller
from shared.exports.ask_for_export import AskForExport
from shared.exports.documents import exports_in_state, latest_run
from shared.exports.model import ExportIsNotLive
from shared.kernel.documents import Documents
from shared.patients.refreshes import StagePartFailed, StageStep, StageTookTooLong

HOUSE = Caller("refresh", "house")
LOOKS_EVERY = timedelta(seconds=15)
LONGEST = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class RunLiveExports:
    """Asks for all, and is through once none is waited for any more.

    Raises `StagePartFailed` once all are over and one has failed, and `StageTookTooLong` after six hours.
    """

    documents: Documents
    ask: AskForExport

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:
        exports = list(exports_in_state(self.documents, "live"))
        if after is None and exports:
            for export in exports:
                with suppress(ExportIsNotLive):  # since it was listed
                    self.ask(export_id=export.id, made=refresh_id[-12:], caller=HOUSE, now=now)
            return StageStep(0, now.isoformat(), is_through=False, again_in=LOOKS_EVERY)
        runs = [run for export in exports if (run := latest_run(self.documents, export.id)) is not None]
        if all(run.is_over for run in runs):
            if any(run.status == "failed" for run in runs):
                raise StagePartFailed
            return StageStep(len(runs), None, is_through=True)
        if after is not None and now - datetime.fromisoformat(after) > LONGEST:
            raise StageTookTooLong
        return StageStep(0, after, is_through=False, again_in=LOOKS_EVERY)
