"""What a segment asks of the numbers that room measures has worked out (UN-14), and what it knows of them.

That room stands above this one. It keeps an outline of each measure where this one can read it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.fhir.criteria import Comparison
from shared.kernel.documents import Documents

OUTLINE = "outline"


@dataclass(frozen=True, slots=True)
class MeasureIs:
    """A measure's calculation lies on one side of a threshold for the patient, or is set at all, or is not.

    It is the value as last worked out. What stands for the unknown there (`null_as`) stands for it here too,
    and for that of a patient of whom the measure has no row. Where a measure is split into groups, it is any
    group that counts; `not_set` is that there is none in which it is set.
    """

    kind: Literal["measure"]
    measure_id: str
    calculation: str
    comparison: Comparison | Literal["set", "not_set"]
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class MeasureOutline:
    """So much of a measure as segments must know.

    `numbers` and `others` are the names of its calculations, by what they give. `segments` and `measures` are
    those by which it says whom it counts among. `is_clinical`, whether what it asks now or the values it has
    rest on clinical data.
    """

    measure_id: str
    is_live: bool
    is_of_patients: bool
    is_clinical: bool
    numbers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()

    @property
    def calculations(self) -> frozenset[str]:
        return frozenset((*self.numbers, *self.others))


LookAtMeasure = Callable[[str], MeasureOutline | None]

Asked = Mapping[str, frozenset[str]]
"""Calculations by the id of the measure that they are of."""


def together(*every: Asked) -> Asked:
    """Put together what several ask."""
    asked: dict[str, frozenset[str]] = {}
    for each in every:
        for measure_id, calculations in each.items():
            asked[measure_id] = asked.get(measure_id, frozenset()) | calculations
    return asked


def measure_partition(measure_id: str) -> str:
    return f"measure/{measure_id}"


def outlines_in(documents: Documents) -> LookAtMeasure:
    """Give what finds the outline of a measure as it now is, or None."""

    def look(measure_id: str) -> MeasureOutline | None:
        found = documents.look(measure_partition(measure_id), OUTLINE, MeasureOutline)
        return found.body if found else None

    return look


def no_measures(_measure_id: str) -> MeasureOutline | None:
    """Know of no measure."""
    return None
