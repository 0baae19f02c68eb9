"""Measures over patients that we did not make, against an independent count of them (UN-14)."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.parquet_lake import ParquetLake
from shared.adapters.parquet_measures import ParquetMeasures
from shared.fhir.criteria import Code
from shared.measures.formula import Calculation, Dimension, Measure, People, Records, Source
from shared.measures.ports import ValueRow
from shared.measures.values_in_sql import sql_for
from shared.segments.facts import ProfileFacts, RecordFacts
from shared.segments.in_fhir import profile_facts, record_facts
from shared.segments.ports import LakeState
from shared.segments.rules import AllOf, FieldIs, HasRecords, IsAlive, WithinDays
from tests.support.reference_data import reference_data

AS_OF = datetime(2021, 4, 1, tzinfo=UTC)
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
ALIVE = IsAlive("is_alive")
LASTING = FieldIs("field", "clinical_status", ("active", "recurrence", "relapse"))
DIABETIC = HasRecords("has_records", "Condition", (Code(SNOMED, "44054006"),), (LASTING,))
LAST_VALUE = (Calculation("it", "last", "value"),)
COUNT = (Calculation("it", "count"),)

Ask = Callable[..., list[ValueRow]]


def resources(shelf: Path, kind: str) -> Iterator[dict[str, Any]]:
    with gzip.open(shelf / "synthea" / f"{kind}.ndjson.gz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


@pytest.fixture(scope="module")
def shelf() -> Path:
    return reference_data()


@pytest.fixture(scope="module")
def expected(shelf: Path) -> Mapping[str, list[str]]:
    return json.loads((shelf / "expected" / "synthea.ids.json").read_text())


@pytest.fixture(scope="module")
def ask(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Fill a lake with everybody, and give what works measures out over it."""
    lake = ParquetLake(tmp_path_factory.mktemp("lake"))
    facts: list[ProfileFacts | RecordFacts] = [
        found for one in resources(shelf, "Patient") if (found := profile_facts(one)) is not None
    ]
    for kind in ("Observation", "Encounter", "Condition"):
        facts += [found for one in resources(shelf, kind) if (found := record_facts(one)) is not None]
    lake.write(facts, after=None, state=LakeState("1", AS_OF))
    measures = ParquetMeasures(lake)

    def asked(kind: Any, over: Source, calculations: Any, **more: Any) -> list[ValueRow]:
        sql = sql_for(Measure("it", 1, "it", kind, over, calculations, **more), nested={})
        rows, sample = measures.sample(sql, as_of=AS_OF, most=100_000)
        assert rows == len(sample)
        return list(sample)

    return asked


def observed(code: str) -> Records:
    return Records("records", "Observation", (Code(LOINC, code),))


def whose(rows: list[ValueRow], holds: Callable[[Any], bool]) -> list[str]:
    return sorted(str(row.patient_id) for row in rows if holds(row.values["it"]))


class TestTheLatestValue:
    def test_of_hba1c_puts_the_living_where_they_belong(
        self, ask: Ask, expected: Mapping[str, list[str]]
    ) -> None:
        rows = ask("attribute", observed("4548-4"), LAST_VALUE, among=ALIVE)

        found = whose(rows, lambda value: value is not None and 5.7 <= value < 6.5)

        assert found == sorted(expected["a1c_prediabetic_range"])

    def test_of_hba1c_is_that_of_the_diabetic(self, ask: Ask, expected: Mapping[str, list[str]]) -> None:
        rows = ask("attribute", observed("4548-4"), LAST_VALUE, among=AllOf("all_of", (ALIVE, DIABETIC)))

        assert whose(rows, lambda value: value > 7) == sorted(expected["diabetes_a1c_gt_7"])
        assert whose(rows, lambda value: value >= 6.5) == sorted(expected["diabetes_a1c_ge_6_5"])

    @pytest.mark.parametrize(
        ("code", "at_least", "named"), [("39156-5", 30, "obese_bmi_30"), ("18262-6", 130, "ldl_ge_130")]
    )
    def test_of_others_as_well(
        self, ask: Ask, expected: Mapping[str, list[str]], code: str, at_least: float, named: str
    ) -> None:
        rows = ask("attribute", observed(code), LAST_VALUE, among=ALIVE)

        assert whose(rows, lambda value: value >= at_least) == sorted(expected[named])


class TestEncounters:
    def test_are_counted_as_they_lie_in_the_record(self, ask: Ask, shelf: Path) -> None:
        rows = ask("customer", Records("records", "Encounter"), COUNT, dimensions=(Dimension("class"),))

        lying = Counter(
            (one["subject"]["reference"].removeprefix("Patient/"), one["class"]["code"])
            for one in resources(shelf, "Encounter")
            if one["status"] != "entered-in-error" and one["period"]["start"] <= "2021-04-01"
        )

        assert {(str(row.patient_id), row.dimensions["class"]): row.values["it"] for row in rows} == lying

    def test_in_the_emergency_room_and_none_at_all_are_as_expected(
        self, ask: Ask, expected: Mapping[str, list[str]]
    ) -> None:
        within = WithinDays("within_days", 365)
        emergency = FieldIs("field", "class", ("EMER",))
        year = Records("records", "Encounter", when=within)
        urgent = Records("records", "Encounter", tests=(emergency,), when=within)

        seen = set(whose(ask("attribute", year, COUNT, among=ALIVE), lambda count: count >= 1))
        came = whose(ask("attribute", urgent, COUNT, among=ALIVE), lambda count: count >= 1)

        assert came == sorted(expected["ed_any_365d"])
        assert sorted(set(expected["alive"]) - seen) == sorted(expected["lapsed_365d"])


class TestAllTogether:
    def test_are_as_many_as_there_are(self, ask: Ask, expected: Mapping[str, list[str]]) -> None:
        (everybody,) = ask("business", People("people"), COUNT)
        (living,) = ask("business", People("people"), COUNT, among=ALIVE)

        assert everybody.values == {"it": len(expected["all"])}
        assert living.values == {"it": len(expected["alive"])}
