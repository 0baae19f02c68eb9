"""Numbers worked out over everybody's facts, and kept until they are worked out anew (UN-14)."""

from dataclasses import dataclass
from typing import Literal

from shared.kernel.refusals import AlreadyExists, Conflict, NotAllowed, NotFound, Stale


class NoSuchMeasure(NotFound):
    """There is no such measure."""


class MeasureIsThere(AlreadyExists):
    """There is such a measure already; who changes it says in If-Match which version was seen."""


class MeasureChangedMeanwhile(Stale):
    """The measure has been changed since it was read."""


class MeasureIsNotLive(Conflict):
    """Only a live measure is worked out."""


class NoValuesYet(NotFound):
    """The measure has not been worked out yet."""


class ValuesMovedOn(Conflict):
    """The values have been worked out anew since that page was read; begin again with the first."""


class TooMuchToWorkOut(Conflict):
    """The measure asks for more than can be worked out here; ask for fewer records or dimensions."""


class OnlyForClinicalStaff(NotAllowed):
    """The measure rests on clinical data, so its values are told to clinical staff only."""


class OnlyOpenedByClinicalStaff(NotAllowed):
    """What rests on clinical data is made to rest on none by clinical staff only; make another one."""


@dataclass(frozen=True, slots=True)
class RefreshMeasure:
    """Instruction to our own room: work a measure out anew.

    `because` it was changed, somebody asked, or it was due; the last does nothing where another came first.
    """

    measure_id: str
    version: int
    because: Literal["changed", "asked", "due"] = "changed"
