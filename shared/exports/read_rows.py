"""The rows of an export, a part at a time."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.exports.consented import Consented
from shared.exports.definitions import Export, Members, Patients, Values, columns_in, has_points
from shared.exports.model import MembersNotKnownYet
from shared.exports.ports import Cell, ColumnKind, EverybodyThere, ExportColumn
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.measures.documents import measure_at
from shared.measures.formula import Measure
from shared.measures.model import NoValuesYet
from shared.measures.ports import MeasureLake, ValueRow
from shared.patients.documents import PERSON, patient_partition
from shared.patients.model import Channel
from shared.patients.person import Person
from shared.patients.read_patient import ReadPatient
from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
from shared.segments.documents import members_page, refresh_of
from shared.segments.memberships import Membership

AT_ONCE, WITH_POINTS, OF_VALUES = 1000, 200, 5000
"""Rows of a part; each contact point is asked about by itself."""
LOOKED_AT = 200
WHO = ExportColumn("patient_id", "text")
KINDS: Mapping[str, ColumnKind] = {
    "birth_date": "date",
    "is_active": "truth",
    "is_deceased": "truth",
    "since": "instant",
    "occurrence": "integer",
}
TAKEN = re.compile(rf"(value_)*({WHO.name}|by_.*)")
"""Calculations whose name could be another column's stand behind `value_`."""
COUNTED = frozenset({"count", "count_unique", "sum", "avg"})


@dataclass(frozen=True, slots=True)
class PartRead:
    """Some rows, and where the next part begins: None at the end. `is_clinical`: they speak of health."""

    rows: Sequence[Mapping[str, Cell]]
    next: str | None
    is_clinical: bool = False


@dataclass(frozen=True, slots=True)
class ReadRows:
    """Reads people as they are kept beside the record, else as it has them; who is not there has no row."""

    documents: Documents
    everybody: EverybodyThere
    measures: MeasureLake
    read_patient: ReadPatient
    consented: Consented
    bring_lake_up_to_date: BringLakeUpToDate
    at_once: int = AT_ONCE
    with_points: int = WITH_POINTS
    of_values: int = OF_VALUES

    def columns(self, export: Export) -> tuple[ExportColumn, ...]:
        """Give the columns, the same in every part. Raises `NoSuchMeasure`."""
        if isinstance(export.what, Values):
            return tuple(_of_measure(measure_at(self.documents, export.what.measure_id).body))
        chosen = (ExportColumn(one, KINDS.get(one, "text")) for one in columns_in(export.what))
        return (WHO, *chosen)

    def __call__(self, export: Export, after: str | None, *, now: datetime) -> PartRead:
        """Give the part that begins there.

        Raises `NoValuesYet` before a measure was worked out, `ValuesMovedOn` where it was meanwhile, and
        `MembersNotKnownYet` before a segment was refreshed.
        """
        limit = self.with_points if has_points(export.what) else self.at_once
        match export.what:
            case Members(segment_id=segment_id):
                refresh = refresh_of(self.documents, segment_id)
                if refresh is None or refresh.body.refreshed_at is None:
                    raise MembersNotKnownYet
                page = members_page(self.documents, segment_id, limit=limit, after=after)
                members = {found.body.patient_id: found.body for found in page.items}
                return PartRead(list(self._people(export, members, now)), page.next)
            case Patients():
                if after is None:
                    self.bring_lake_up_to_date(now=now)
                ids = self.everybody.patients_after(PatientId(after) if after else None, most=limit)
                rows = self._people(export, dict.fromkeys(ids), now)
                return PartRead(list(rows), ids[-1] if len(ids) == limit else None)
            case Values(measure_id=measure_id):
                kept = self.measures.values(measure_id, limit=self.of_values, after=after)
                if kept is None:
                    raise NoValuesYet
                return PartRead([_value(row) for row in kept.rows], kept.next, kept.about.is_clinical)

    def _people(
        self, export: Export, whom: Mapping[PatientId, Membership | None], now: datetime
    ) -> Iterator[Mapping[str, Cell]]:
        wanted = columns_in(export.what)
        ids = list(whom)
        for begin in range(0, len(ids), LOOKED_AT):
            for patient_id, person in self._persons(ids[begin : begin + LOOKED_AT]):
                cells = {one: self._cell(one, export, person, whom[patient_id], now) for one in wanted}
                yield {WHO.name: patient_id, **cells}

    def _persons(self, ids: Sequence[PatientId]) -> Iterator[tuple[PatientId, Person]]:
        found = self.documents.look_many([(patient_partition(one), PERSON) for one in ids], Person)
        for patient_id, kept in zip(ids, found, strict=True):
            try:
                yield patient_id, kept.body if kept else self.read_patient(patient_id)
            except NotFound:  # gone from the record, and their news on its way
                continue

    def _cell(
        self, column: str, export: Export, person: Person, member: Membership | None, now: datetime
    ) -> Cell:
        profile = person.profile
        match column:
            case "phone":
                return self.consented(profile, Channel.SMS, export.consented_for, now)
            case "email":
                return self.consented(profile, Channel.EMAIL, export.consented_for, now)
            case "since":
                return member.since if member else None
            case "occurrence":
                return member.occurrence if member else None
            case _:
                return OF_PERSON[column](person)


OF_PERSON: Mapping[str, Callable[[Person], Cell]] = {
    "birth_date": lambda person: person.profile.birth_date.value,
    "gender": lambda person: person.gender,
    "city": lambda person: next((one.city for one in person.addresses.value if one.use != "old"), None),
    "language": lambda person: next(iter(person.languages), None),
    "time_zone": lambda person: person.time_zone,
    "is_active": lambda person: person.profile.is_active,
    "is_deceased": lambda person: person.profile.is_deceased,
    "given": lambda person: person.profile.given.value,
    "family": lambda person: person.profile.family.value,
}


def _of_measure(measure: Measure) -> Iterator[ExportColumn]:
    if measure.kind != "business":
        yield WHO
    yield from (ExportColumn(f"by_{one.column}", "text") for one in measure.dimensions)
    for one in measure.calculations:
        yield ExportColumn(_own(one.name), "number" if one.function in COUNTED else "text")


def _value(row: ValueRow) -> Mapping[str, Cell]:
    split = {f"by_{name}": value for name, value in row.dimensions.items()}
    return {WHO.name: row.patient_id, **split, **{_own(name): value for name, value in row.values.items()}}


def _own(calculation: str) -> str:
    return f"value_{calculation}" if TAKEN.fullmatch(calculation) else calculation
