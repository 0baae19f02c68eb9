"""Whose a resource is, where it does not simply say so."""

from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Write
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import PatientId
from shared.patients.find_patient import FindPatient, PatientIsAmbiguous, Whose

ODD = r"94|34,76\5919$"
"""Nothing that a search could take for a part of its own language may lead to another."""


@pytest.fixture
def record(tmp_path: Path) -> Generator[SqliteRecord]:
    record = SqliteRecord(tmp_path / "record.db", clock=StoppedClock(datetime(2026, 3, 2, tzinfo=UTC)))
    for name, value in (("ada", "9434765919"), ("bob", ODD), ("cy", "twin"), ("di", "twin")):
        put(
            record,
            {"resourceType": "Patient", "id": name, "identifier": [{"system": "urn:nhs", "value": value}]},
        )
    put(record, {"resourceType": "Encounter", "id": "of-ada", "subject": {"reference": "Patient/ada"}})
    put(record, {"resourceType": "Encounter", "id": "of-bob", "subject": by_identifier(ODD)})
    put(record, {"resourceType": "Encounter", "id": "of-a-class", "subject": {"reference": "Group/g1"}})
    yield record
    record.close()


def put(record: SqliteRecord, resource: dict[str, Any]) -> None:
    kind = resource["resourceType"]
    if kind == "Encounter":
        resource |= {"status": "finished", "class": {"code": "AMB"}}
    record.transaction([Write("PUT", kind, resource["id"], resource)])


def by_identifier(value: str, **more: str) -> dict[str, Any]:
    return {"identifier": {"system": "urn:nhs", "value": value}, **more}


def in_encounter(id_: str) -> dict[str, str]:
    return {"reference": f"Encounter/{id_}"}


class TestFindPatient:
    @pytest.mark.parametrize("says", ["cy", "di", "both"])
    def test_takes_a_number_of_two_merged_records_for_whoever_stands(
        self, record: SqliteRecord, says: str
    ) -> None:
        """Either record may say so, or both; where they contradict each other it is nobody's."""
        number = [{"system": "urn:nhs", "value": "twin"}]
        replaced = {"type": "replaced-by", "other": {"reference": "Patient/di"}}
        replaces = {"type": "replaces", "other": {"reference": "Patient/cy"}}
        if says in {"cy", "both"}:
            put(record, {"resourceType": "Patient", "id": "cy", "identifier": number, "link": [replaced]})
        if says in {"di", "both"}:
            put(record, {"resourceType": "Patient", "id": "di", "identifier": number, "link": [replaces]})
        result = {"resourceType": "Observation", "subject": by_identifier("twin")}

        assert FindPatient(record)(result) == Whose(PatientId("di"), "identified")

    @pytest.mark.parametrize("kind", ["replaced-by", "seealso"])
    def test_finds_nobody_by_links_that_contradict_or_only_point(
        self, record: SqliteRecord, kind: str
    ) -> None:
        for one, other in (("cy", "di"), ("di", "cy")):
            link = {"type": kind, "other": {"reference": f"Patient/{other}"}}
            number = [{"system": "urn:nhs", "value": "twin"}]
            put(record, {"resourceType": "Patient", "id": one, "identifier": number, "link": [link]})

        with pytest.raises(PatientIsAmbiguous):
            FindPatient(record)({"resourceType": "Observation", "subject": by_identifier("twin")})

    @pytest.mark.parametrize(
        ("says", "whose"),
        [
            ({"subject": {"reference": "Patient/ada"}}, Whose(PatientId("ada"), "named")),
            ({"subject": by_identifier("9434765919")}, Whose(PatientId("ada"), "identified")),
            ({"patient": by_identifier(ODD, type="Patient")}, Whose(PatientId("bob"), "identified")),
            ({"subject": by_identifier("9434765919", type="Group")}, Whose(None, "nobody")),
            ({"subject": by_identifier("nobodys")}, Whose(None, "not_found")),
            ({"subject": {"identifier": {"value": "9434765919"}}}, Whose(None, "nobody")),
            ({"encounter": in_encounter("of-ada")}, Whose(PatientId("ada"), "encounter")),
            ({"context": in_encounter("of-ada")}, Whose(PatientId("ada"), "encounter")),
            ({"context": {"encounter": [in_encounter("of-bob")]}}, Whose(PatientId("bob"), "encounter")),
            ({"encounter": in_encounter("of-a-class")}, Whose(None, "group")),
            ({"encounter": in_encounter("yet-to-come")}, Whose(None, "not_found")),
            (
                {"subject": {"reference": "Group/g1"}, "encounter": in_encounter("of-ada")},
                Whose(None, "group"),
            ),
            ({"subject": {"reference": "https://elsewhere.example/fhir/Patient/ada"}}, Whose(None, "nobody")),
            ({"subject": "Patient/ada", "encounter": [], "context": 7}, Whose(None, "nobody")),
            ({}, Whose(None, "nobody")),
        ],
    )
    def test_asks_what_the_resource_says_and_nothing_else(
        self, record: SqliteRecord, says: dict[str, Any], whose: Whose
    ) -> None:
        assert FindPatient(record)({"resourceType": "Observation", "id": "o1", **says}) == whose

    def test_takes_nobody_where_it_may_be_two(self, record: SqliteRecord) -> None:
        with pytest.raises(PatientIsAmbiguous):
            FindPatient(record)({"resourceType": "Observation", "subject": by_identifier("twin")})

    def test_takes_nobody_for_an_encounter_that_is_gone(self, record: SqliteRecord) -> None:
        record.transaction([Write("DELETE", "Encounter", "of-ada")])

        found = FindPatient(record)({"resourceType": "Observation", "encounter": in_encounter("of-ada")})

        assert found == Whose(None, "nobody")
