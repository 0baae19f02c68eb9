"""The lake: the facts of all patients in columns, for questions about everybody (D8a)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from shared.kernel.identity import PatientId
from shared.segments.facts import Facts, Value
from shared.segments.measured import Asked
from shared.segments.rules import SegmentDraft

NO_MEASURES: Asked = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LakeState:
    """How far the lake has followed the record.

    `mark` is the record's (`ClinicalRecord.changes`). `complete_up_to` (business time) is when everything
    that had changed by then had been written; None while the first filling is under way.
    """

    mark: str | None = None
    complete_up_to: datetime | None = None


class Lake(Protocol):
    """Keeps the latest facts of every record. Every method may raise `TransientFault`."""

    def state(self) -> LakeState:
        """Say how far it has come."""
        ...

    def write(self, facts: Sequence[Facts], *, after: str | None, state: LakeState) -> None:
        """Write facts over all that is there of the same records, and move on from mark `after`, as one.

        All there is of a record comes in one write, a row for each of its patients. What is marked
        deleted is there no more. From `after` None it begins anew: all else is forgotten.
        Raises `LostRace` when the lake's mark is another by now; then nothing was written.
        """
        ...

    def population(self, sql: str, *, as_of: datetime, measures: Asked = NO_MEASURES) -> Sequence[PatientId]:
        """Give the patients that a query of `population.sql_for` selects, as of a moment.

        `measures` is what it asks of measures. Raises `MeasureNotWorkedOut` where that is not there.
        """
        ...

    def answered(self, sql: str, *, as_of: datetime, measures: Asked) -> Sequence[Mapping[str, Any]]:
        """Give what a query over the tables finds, as of a moment, by the names of its columns."""
        ...

    def values_of(self, measure_id: str, patient_id: PatientId) -> Sequence[Mapping[str, Value]] | None:
        """Give the values that a measure has of a patient, by name, of each group; None before it has any.

        What stands for the unknown there stands in them: of a patient without a row, as the only group.
        """
        ...


class ShippedSegments(Protocol):
    """Knows the segments that come with the product (SG-7)."""

    def drafts(self) -> Mapping[str, SegmentDraft]:
        """Give them by id."""
        ...
