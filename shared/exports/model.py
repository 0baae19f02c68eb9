"""Files that others fetch: who is in a segment, what a measure gave, what patients are like (UN-17)."""

from dataclasses import dataclass

from shared.kernel.refusals import AlreadyExists, Conflict, NotAllowed, NotFound, Refusal, Stale


class NoSuchExport(NotFound):
    """There is no such export."""


class ExportIsThere(AlreadyExists):
    """There is such an export already; who changes it says in If-Match which version was seen."""


class ExportChangedMeanwhile(Stale):
    """The export has been changed since it was read."""


class ExportIsNotLive(Conflict):
    """Only a live export is run."""


class OnlyByClinicalStaff(NotAllowed):
    """What is exported speaks of somebody's health, so only who may see that may export it."""


class MembersNotKnownYet(Conflict):
    """Who is in the segment has not been found out yet; its first refresh does that."""


class ExportStopped(Refusal):
    """The export was changed or stopped while it ran."""


class ExportOverdue(Refusal):
    """Nothing came of the run for hours; the log says what stood in the way."""


@dataclass(frozen=True, slots=True)
class AdvanceExport:
    """Instruction to our own room: write the next part of a run; `step` fences one that comes late."""

    export_id: str
    run_id: str
    step: int
