"""Where measures are worked out, and where their values lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.kernel.identity import PatientId
from shared.segments.facts import ActivityFacts, Value
from shared.segments.measured import Asked
from shared.segments.ports import NO_MEASURES


@dataclass(frozen=True, slots=True)
class ValueRow:
    """What was worked out of one patient and group; `patient_id` is None of all patients together."""

    patient_id: PatientId | None
    dimensions: Mapping[str, Value] = field(default_factory=dict[str, Value])
    values: Mapping[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True, slots=True)
class AboutValues:
    """By which version of the measure they were worked out, and whether that rested on clinical data then.

    `null_as` is what stood for the unknown in it, by the name of the calculation.
    """

    version: int
    is_clinical: bool
    null_as: Mapping[str, float | str] = field(default_factory=dict[str, "float | str"])


@dataclass(frozen=True, slots=True)
class ValuesKept:
    """Some of a measure's values, and as of when they were worked out."""

    about: AboutValues
    as_of: datetime
    rows: Sequence[ValueRow]
    next: str | None = None


class MeasureLake(Protocol):
    """Works measures out over the lake's tables, and keeps their values.

    Every method may raise `TransientFault`. `sql` is that of `values_in_sql.sql_for`, and `measures` what
    that asks of other measures: `MeasureNotWorkedOut` is raised where it is not there. What asks for more
    memory than there is raises `TooMuchToWorkOut`. Either way nothing has changed then.
    """

    def activities_mark(self) -> str | None:
        """Say how far it has followed what happened with patients; None before it has."""
        ...

    def write_activities(
        self, facts: Sequence[ActivityFacts], *, after: str | None, mark: str | None
    ) -> None:
        """Write these over what is there of the same activities, and move on from mark `after`, as one.

        Raises `LostRace` when the mark is another by now; then nothing was written.
        """
        ...

    def sample(
        self, sql: str, *, as_of: datetime, most: int, measures: Asked = NO_MEASURES
    ) -> tuple[int, Sequence[ValueRow]]:
        """Work it out and keep nothing: say how many rows there are, and give the first of them."""
        ...

    def work_out(
        self,
        measure_id: str,
        sql: str,
        *,
        as_of: datetime,
        about: AboutValues,
        measures: Asked = NO_MEASURES,
    ) -> int:
        """Work it out and let that be the measure's values, all at once; say how many rows there are."""
        ...

    def forget(self, measure_id: str) -> None:
        """Keep no values of the measure any more."""
        ...

    def values(self, measure_id: str, *, limit: int, after: str | None = None) -> ValuesKept | None:
        """Give the values a page at a time, in order of patients and groups; None before there are any.

        Raises `ValuesMovedOn` where they were worked out anew since the page that gave `after`.
        """
        ...

    def of_patient(self, measure_id: str, patient_id: PatientId, *, most: int) -> ValuesKept | None:
        """Give the values of one patient; None before there are any of anybody."""
        ...
