"""Measures worked out by DuckDB over the lake, and their values kept as Parquet beside it."""

import json
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from shared.adapters.parquet_lake import Kept, ParquetLake, Row
from shared.adapters.parquet_measured import NULL_AS, spelt, stand_ins_in
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense
from shared.measures.model import TooMuchToWorkOut, ValuesMovedOn
from shared.measures.ports import AboutValues, MeasureLake, ValueRow, ValuesKept
from shared.measures.values_in_sql import DIMENSION, PATIENT_ID, PLACE, VALUE
from shared.segments.facts import ActivityFacts, Value
from shared.segments.measured import Asked
from shared.segments.ports import NO_MEASURES

_MARK = re.compile(r"([0-9A-Za-z-]{1,64})~([0-9]{1,12})")
_COUNTED = "SELECT count(*) AS rows FROM ({sql}) AS asked"
_FIRST = "SELECT * FROM ({sql}) AS asked ORDER BY place LIMIT {most}"
_PAGE = "SELECT * FROM answer WHERE place > $place ORDER BY place LIMIT $most"
_OF_ONE = "SELECT * FROM answer WHERE patient_id = $patient_id ORDER BY place LIMIT $most"


class ParquetMeasures(MeasureLake):
    """Keeps each measure's values as one file, put in place by the lake's next list."""

    def __init__(self, lake: ParquetLake) -> None:
        self._lake = lake

    def activities_mark(self) -> str | None:
        return self._lake.activities_mark()

    def write_activities(
        self, facts: Sequence[ActivityFacts], *, after: str | None, mark: str | None
    ) -> None:
        self._lake.write_activities(facts, after=after, mark=mark)

    def sample(
        self, sql: str, *, as_of: datetime, most: int, measures: Asked = NO_MEASURES
    ) -> tuple[int, Sequence[ValueRow]]:
        with _within_memory():
            (counted,) = self._lake.answered(_COUNTED.format(sql=sql), as_of=as_of, measures=measures)
            some = _FIRST.format(sql=sql, most=int(most))
            first = self._lake.answered(some, as_of=as_of, measures=measures)
        return counted["rows"], [_value_row(row) for row in first]

    def work_out(
        self,
        measure_id: str,
        sql: str,
        *,
        as_of: datetime,
        about: AboutValues,
        measures: Asked = NO_MEASURES,
    ) -> int:
        told = {
            "version": str(about.version),
            "as_of": as_of.astimezone(UTC).isoformat(),
            "clinical": "yes" if about.is_clinical else "no",
            NULL_AS: json.dumps(dict(about.null_as)),
        }
        with _within_memory():
            return self._lake.keep_answer(measure_id, sql, as_of=as_of, told=told, measures=measures)

    def forget(self, measure_id: str) -> None:
        self._lake.forget_answer(measure_id)

    def values(self, measure_id: str, *, limit: int, after: str | None = None) -> ValuesKept | None:
        run, place = _read(after)
        kept = self._lake.look_into(measure_id, _PAGE, {"place": place, "most": limit + 1})
        if kept is None:
            return None
        if run is not None and run != _run(kept):
            raise ValuesMovedOn
        rows = kept.rows[:limit]
        more = len(kept.rows) > limit
        return _kept(kept, rows, f"{_run(kept)}~{rows[-1][PLACE]}" if more else None)

    def of_patient(self, measure_id: str, patient_id: PatientId, *, most: int) -> ValuesKept | None:
        kept = self._lake.look_into(measure_id, _OF_ONE, {"patient_id": patient_id, "most": most})
        return _kept(kept, kept.rows) if kept else None


@contextmanager
def _within_memory() -> Generator[None]:
    import duckdb  # noqa: PLC0415  # 60 ms and 50 MB that only segments and measures cost

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise TooMuchToWorkOut from None


def _read(mark: str | None) -> tuple[str | None, int]:
    """Read which working out a page was of, and where it ended."""
    if mark is None:
        return None, 0
    found = _MARK.fullmatch(mark)
    if found is None:
        raise Nonsense(("after", "not the next of a former answer"))
    return found[1], int(found[2])


def _run(kept: Kept) -> str:
    """Name the working out: its file's own name, without where it lies."""
    return kept.file.rpartition("/")[2].removesuffix(".parquet")


def _kept(kept: Kept, rows: Sequence[Row], following: str | None = None) -> ValuesKept:
    return ValuesKept(
        AboutValues(int(kept.told["version"]), kept.told["clinical"] != "no", stand_ins_in(kept.told)),
        datetime.fromisoformat(kept.told["as_of"]),
        [_value_row(row) for row in rows],
        following,
    )


def _value_row(row: Row) -> ValueRow:
    whose = row.get(PATIENT_ID)
    return ValueRow(
        None if whose is None else PatientId(whose),
        dict(_told(row, DIMENSION)),
        dict(_told(row, VALUE)),
    )


def _told(row: Row, what: str) -> Iterator[tuple[str, Value]]:
    for name, value in row.items():
        if name.startswith(what):
            yield name.removeprefix(what), spelt(value)
