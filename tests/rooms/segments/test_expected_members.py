"""Both evaluators against an independent count of the same patients, id by id (D8, fhir.md §5)."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shared.adapters.codec import from_plain
from shared.segments.definitions import drafted
from shared.segments.facts import TABLES, PatientFacts, RecordFacts
from shared.segments.in_fhir import patients_in, profile_facts, record_facts
from shared.segments.one_patient import compiled
from shared.segments.rules import ResourceType, Segment, SegmentDraft
from tests.support.reference_data import reference_data
from tests.support.segment_lake import lake_of, members

AS_OF = datetime(2021, 4, 1, tzinfo=UTC)
SUPPORT = Path(__file__).parents[2] / "support" / "segment_definitions"
SHIPPED = Path(__file__).parents[3] / "shared" / "segments" / "shipped"
EXPECTED_OF_SHIPPED: Mapping[str, str] = json.loads((SUPPORT / "shipped_as_expected.json").read_text())

NOT_ON_THE_SHELF = {"CareTeam", "Coverage", "RelatedPerson"}

Drafts = Mapping[str, SegmentDraft]
People = Mapping[str, PatientFacts]


def read(drafts: Mapping[str, Any]) -> Drafts:
    """Read definitions as strictly as the door would."""
    return {name: from_plain(draft, SegmentDraft, strangers=False) for name, draft in drafts.items()}


def kept(drafts: Drafts) -> dict[str, Segment]:
    """Keep each, as if those that it builds on had been kept before."""
    there = {
        name: Segment(name, 1, draft.name, draft.rule, draft.state, draft.time_zone)
        for name, draft in drafts.items()
    }
    return {name: drafted(name, draft, 1, there.get) for name, draft in drafts.items()}


ASKED = kept(read(json.loads((SUPPORT / "expected_segments.json").read_text())))
SHIPPED_TEN = kept(read({path.stem: json.loads(path.read_text()) for path in SHIPPED.glob("*.json")}))


def resources(shelf: Path, kind: str) -> Iterator[dict[str, Any]]:
    folder = shelf / "synthea" / ("derived-appointments" if kind == "Appointment" else "")
    if kind in NOT_ON_THE_SHELF:
        return
    with gzip.open(folder / f"{kind}.ndjson.gz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def records(shelf: Path) -> Iterator[RecordFacts]:
    for kind in TABLES:
        for resource in resources(shelf, kind):
            found = (record_facts(resource, patient_id) for patient_id in patients_in(resource))
            yield from (facts for facts in found if facts is not None)


@pytest.fixture(scope="module")
def shelf() -> Path:
    return reference_data()


@pytest.fixture(scope="module")
def people(shelf: Path) -> People:
    by_patient: dict[str, dict[ResourceType, list[RecordFacts]]] = defaultdict(lambda: defaultdict(list))
    for record in records(shelf):
        by_patient[record.patient_id or ""][record.resource].append(record)
    profiles = [profile for one in resources(shelf, "Patient") if (profile := profile_facts(one)) is not None]
    return {
        profile.patient_id: PatientFacts(
            profile, {kind: tuple(found) for kind, found in by_patient[profile.patient_id].items()}
        )
        for profile in profiles
    }


@pytest.fixture(scope="module")
def lake(people: People, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with lake_of(people.values(), tmp_path_factory.mktemp("lake")) as connection:
        yield connection


@pytest.fixture(scope="module")
def expected(shelf: Path) -> dict[str, list[str]]:
    return json.loads((shelf / "expected" / "synthea.ids.json").read_text())


def one_by_one(segment: Segment, nested: Mapping[str, Segment], people: People) -> list[str]:
    asked = compiled(segment, nested)
    return sorted(patient_id for patient_id, facts in people.items() if asked.holds(facts, AS_OF))


class TestExpectedMembers:
    def test_are_asked_for_without_exception(self, expected: dict[str, list[str]]) -> None:
        assert {name.replace("-", "_") for name in ASKED} == set(expected)

    @pytest.mark.parametrize("name", ASKED)
    def test_are_what_one_patient_after_the_other_says(
        self, name: str, people: People, expected: dict[str, list[str]]
    ) -> None:
        assert one_by_one(ASKED[name], ASKED, people) == expected[name.replace("-", "_")]

    @pytest.mark.parametrize("name", ASKED)
    def test_are_what_the_lake_says(
        self, name: str, lake: duckdb.DuckDBPyConnection, expected: dict[str, list[str]]
    ) -> None:
        assert members(lake, ASKED[name], ASKED, AS_OF) == expected[name.replace("-", "_")]


class TestShippedSegments:
    def test_are_the_ten_that_are_counted(self) -> None:
        assert set(SHIPPED_TEN) == set(EXPECTED_OF_SHIPPED)
        assert len(SHIPPED_TEN) == 10

    def test_are_live_and_say_what_they_are(self) -> None:
        assert {segment.state for segment in SHIPPED_TEN.values()} == {"live"}
        assert all(segment.description.endswith(".") for segment in SHIPPED_TEN.values())

    @pytest.mark.parametrize(("name", "counted_as"), EXPECTED_OF_SHIPPED.items())
    def test_have_the_expected_members(
        self,
        name: str,
        counted_as: str,
        people: People,
        lake: duckdb.DuckDBPyConnection,
        expected: dict[str, list[str]],
    ) -> None:
        assert one_by_one(SHIPPED_TEN[name], SHIPPED_TEN, people) == expected[counted_as]
        assert members(lake, SHIPPED_TEN[name], SHIPPED_TEN, AS_OF) == expected[counted_as]

    @pytest.mark.parametrize("name", EXPECTED_OF_SHIPPED)
    def test_explain_every_answer_as_they_give_it(self, name: str, people: People) -> None:
        asked = compiled(SHIPPED_TEN[name], SHIPPED_TEN)

        answers = [(asked.holds(facts, AS_OF), asked.explain(facts, AS_OF)) for facts in people.values()]

        assert [holds for holds, _ in answers] == [why.holds for _, why in answers]
        assert all(why.text and why.parts for _, why in answers)
