"""What the embedded record finds, parameter by parameter."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import SearchParameters
from shared.kernel.clock import StoppedClock
from shared.kernel.refusals import Nonsense
from tests.support.fhir_people import a_patient, a_slot, an_appointment, an_hba1c

NOBODY: set[str] = set()
PEOPLE = [
    a_patient("maria", family="Lindström", given="Maria", birthDate="1961-03-08"),
    a_patient("joao", family="da Conceição", given="João", gender="male", birthDate="1988-11"),
    a_patient("lin", family="Lind", given="Eva", active=False, deceasedDateTime="2025-01-05T03:00:00Z"),
    {"resourceType": "Patient", "id": "nameless"},
]


def found(record: SqliteRecord, type_: str, query: str) -> set[str]:
    pairs = [tuple(pair.split("=", 1)) for pair in query.split("&")]
    parameters = SearchParameters([(name, value) for name, value in pairs])
    return {match["id"] for match in record.search(type_, parameters).matches}


def in_order(record: SqliteRecord, type_: str, *pairs: tuple[str, str]) -> list[str]:
    ids: list[str] = []
    page = record.search(type_, SearchParameters(pairs))
    while True:
        ids += [match["id"] for match in page.matches]
        if page.next is None:
            return ids
        page = record.search(type_, SearchParameters(pairs), page=page.next)


class TestAPatient:
    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("name=lind", {"maria", "lin"}),
            ("name=LINDSTROM", {"maria"}),
            ("family=lind", {"maria", "lin"}),
            ("family:exact=Lind", {"lin"}),
            ("family:exact=lind", NOBODY),
            ("family:contains=ceicao", {"joao"}),
            ("given=joao,eva", {"joao", "lin"}),
            ("name=lind&given=eva", {"lin"}),
            ("name=inds", NOBODY),
            ("identifier=MRN-joao", {"joao"}),
            ("identifier=https://clinic.example/mrn|MRN-joao", {"joao"}),
            ("identifier=https://other.example|MRN-joao", NOBODY),
            ("identifier=|MRN-joao", NOBODY),
            ("identifier=https://clinic.example/mrn|", {"maria", "joao", "lin"}),
            ("gender=male", {"joao"}),
            ("gender=http://hl7.org/fhir/administrative-gender|male", {"joao"}),
            ("gender:not=male", {"maria", "lin", "nameless"}),
            ("active=false", {"lin"}),
            ("deceased=true", {"lin"}),
            ("deceased=false", {"maria", "joao", "nameless"}),
            ("phone=+46 70 174 06 05", {"maria", "joao", "lin"}),
            ("email=+46 70 174 06 05", NOBODY),
            ("birthdate=1961-03-08", {"maria", "lin"}),
            ("birthdate=1961", {"maria", "lin"}),
            ("birthdate=1988-11-05", NOBODY),
            ("birthdate=ge1988-11-20", {"joao"}),
            ("birthdate=lt1970", {"maria", "lin"}),
            ("birthdate:missing=true", {"nameless"}),
            ("name:missing=false", {"maria", "joao", "lin"}),
            ("_id=maria,joao", {"maria", "joao"}),
            ("_id=maria&gender=male", NOBODY),
        ],
    )
    def test_is_found(self, record: SqliteRecord, query: str, ids: set[str]) -> None:
        record.load(PEOPLE)

        assert found(record, "Patient", query) == ids


class TestAnObservation:
    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("patient=maria", {"march", "may"}),
            ("patient=Patient/maria", {"march", "may"}),
            ("subject=Patient/maria", {"march", "may"}),
            ("subject:Patient=maria", {"march", "may"}),
            ("subject=http://localhost:7071/fhir/Patient/maria", {"march", "may"}),
            ("subject=Group/maria", NOBODY),
            ("patient=Group/maria", NOBODY),
            ("subject=https://other.example/fhir/Patient/maria", {"foreign"}),
            ("patient=maria,joao", {"march", "may", "bmi"}),
            ("code=4548-4", {"march", "may", "foreign"}),
            ("code=http://loinc.org|4548-4&status=preliminary", {"may"}),
            ("code=|4548-4", NOBODY),
            ("value-quantity=8.2", {"march"}),
            ("value-quantity=8.0", {"may"}),
            ("value-quantity=8", {"march", "may", "foreign"}),
            ("value-quantity=gt8.0", {"march", "bmi"}),
            ("value-quantity=gt8.0|http://unitsofmeasure.org|%", {"march", "bmi"}),
            ("value-quantity=gt8.0||mmol", NOBODY),
            ("value-quantity=le8.0", {"may", "foreign"}),
            ("value-quantity=ap8", {"march", "may", "foreign"}),
            ("date=2026-03", {"march", "bmi"}),
            ("date=2026-03-02T08:30:00Z", {"march", "bmi"}),
            ("date=ge2026-03-02T08:30:01Z", {"may", "foreign"}),
            ("date=gt2026-03&date=lt2026-06", {"may"}),
            ("date=sa2026-05-01", {"foreign"}),
            ("date=eb2026-05", {"march", "bmi"}),
            ("date=2026-05,2026-03-02&patient=maria", {"march", "may"}),
            ("patient.name=lind", {"march", "may"}),
            ("subject:Patient.family=conc", NOBODY),
            ("subject:Patient.family=da conc", {"bmi"}),
        ],
    )
    def test_is_found(self, record: SqliteRecord, query: str, ids: set[str]) -> None:
        record.load(PEOPLE)
        record.load(
            [
                an_hba1c("march", of="maria", value=8.2),
                an_hba1c("may", of="maria", value=8.0, at="2026-05-01", status="preliminary"),
                an_hba1c("bmi", of="joao", value=31.0, code="39156-5"),
                {
                    **an_hba1c("foreign", value=7.5, at="2026-06-01"),
                    "subject": {"reference": "https://other.example/fhir/Patient/maria"},
                },
            ]
        )

        assert found(record, "Observation", query) == ids

    def test_finds_its_patient_backwards(self, record: SqliteRecord) -> None:
        record.load([*PEOPLE, an_hba1c("a", of="maria"), an_hba1c("b", of="joao", code="39156-5")])

        assert found(record, "Patient", "_has:Observation:patient:code=4548-4") == {"maria"}


class TestAnEncounter:
    PERIOD = {"start": "2026-01-10T08:00:00Z", "end": "2026-01-20T08:00:00Z"}  # noqa: RUF012  # read only

    @pytest.mark.parametrize(
        ("query", "is_there"),
        [
            ("date=2026-01", True),
            ("date=2026-01-15", False),
            ("date=ge2026-01-15", True),
            ("date=le2026-01-15", True),
            ("date=gt2026-01-20", False),
            ("date=lt2026-01-10", False),
            ("date=sa2026-01-09", True),
            ("date=eb2026-01-21", True),
            ("date=ne2026-01", False),
            ("date=ge2026-01-15&date=le2026-01-16", True),
        ],
    )
    def test_is_found_by_its_period(self, record: SqliteRecord, query: str, is_there: bool) -> None:  # noqa: FBT001  # a table
        record.load(
            [{"resourceType": "Encounter", "id": "stay", "status": "finished", "period": self.PERIOD}]
        )

        assert found(record, "Encounter", query) == ({"stay"} if is_there else set())

    def test_that_lasts_is_found_years_later(self, record: SqliteRecord) -> None:
        record.load([{"resourceType": "Encounter", "id": "long", "period": {"start": "2020-01-01"}}])

        assert found(record, "Encounter", "date=ge2026-01-01&date=le2026-01-02") == {"long"}


class TestAnAppointment:
    @pytest.mark.parametrize(
        "query",
        ["patient=maria", "actor=Patient/maria", "slot=nine", "date=2026-04-01", "status=booked,pending"],
    )
    def test_is_found(self, record: SqliteRecord, query: str) -> None:
        record.load(
            [
                an_appointment(),
                an_appointment("other", of="joao", slot="ten", status="noshow", start="2026-05-01T09:00:00Z"),
            ]
        )

        assert found(record, "Appointment", query) == {"visit"}

    def test_is_not_found_by_a_practitioner_of_the_same_id(self, record: SqliteRecord) -> None:
        record.load([an_appointment()])

        assert found(record, "Appointment", "practitioner=maria") == set()


class TestOrder:
    SLOTS = [a_slot(f"slot-{n}", start=f"2026-04-{(n * 7) % 25 + 1:02}T09:00:00Z") for n in range(25)]  # noqa: RUF012  # read only

    @pytest.mark.parametrize("count", ["3", "10", "1000"])
    def test_is_by_date_either_way_across_pages(self, record: SqliteRecord, count: str) -> None:
        record.load([*self.SLOTS, {"resourceType": "Slot", "id": "undated"}])
        by_start = [s["id"] for s in sorted(self.SLOTS, key=lambda s: str(s["start"]))]

        assert in_order(record, "Slot", ("_sort", "start"), ("_count", count)) == [*by_start, "undated"]
        assert in_order(record, "Slot", ("_sort", "-start"), ("_count", count)) == [
            *reversed(by_start),
            "undated",
        ]

    def test_is_by_name_across_pages(self, record: SqliteRecord) -> None:
        record.load(PEOPLE)

        assert in_order(record, "Patient", ("_sort", "family"), ("_count", "1")) == [
            "joao",
            "lin",
            "maria",
            "nameless",
        ]

    def test_is_by_the_time_of_the_last_write(self, record: SqliteRecord, clock: StoppedClock) -> None:
        for name in ("a", "b", "c"):
            record.load([a_slot(name)])
            clock.pass_by(timedelta(minutes=1))
        record.load([a_slot("a", status="busy")])

        assert in_order(record, "Slot", ("_sort", "_lastUpdated"), ("_count", "2")) == ["b", "c", "a"]
        assert in_order(record, "Slot", ("_lastUpdated", "ge2026-03-03T12:02:00Z")) == ["a", "c"]

    def test_of_pages_is_not_disturbed_by_writes_between_them(self, record: SqliteRecord) -> None:
        record.load(self.SLOTS)
        first = record.search("Slot", SearchParameters([("_count", "20")]))
        record.load([a_slot("slot-3", status="busy"), a_slot("slot-24", status="busy")])

        second = record.search("Slot", SearchParameters([("_count", "20")]), page=first.next)

        ids = [match["id"] for match in (*first.matches, *second.matches)]
        assert sorted(ids) == sorted(str(slot["id"]) for slot in self.SLOTS)


class TestASearch:
    @pytest.mark.parametrize(
        ("type_", "name", "value"),
        [
            ("Observation", "date", "yesterday"),
            ("Observation", "value-quantity", "much"),
            ("Observation", "value-quantity", "1e999"),
            ("Observation", "code:in", "http://example.org/set"),
            ("Observation", "code:below", "1"),
            ("Observation", "unheard-of", "1"),
            ("Observation", "_sort", "date,code"),
            ("Observation", "_sort", "unheard-of"),
            ("Observation", "_count", "-1"),
            ("Observation", "_include", "Observation:code"),
            ("Observation", "subject.name", "x"),
            ("Observation", "date:missing", "perhaps"),
        ],
    )
    def test_that_cannot_be_answered_is_refused_without_its_value(
        self, record: SqliteRecord, type_: str, name: str, value: str
    ) -> None:
        with pytest.raises(Nonsense) as refusal:
            record.search(type_, SearchParameters([(name, value)]))

        assert value not in str(refusal.value)

    @pytest.mark.parametrize("token", ["bm90IG91cnM", "!", "e30", "W10", "W3t9XQ", "WzEsMl0"])
    def test_from_a_strange_token_is_refused(self, record: SqliteRecord, token: str) -> None:
        with pytest.raises(Nonsense):
            record.search("Patient", SearchParameters(), page=token)

    def test_gives_no_more_than_a_thousand(self, record: SqliteRecord) -> None:
        record.load([a_slot(f"slot-{number}") for number in range(1001)])

        assert len(record.search("Slot", SearchParameters([("_count", "5000")])).matches) == 1000

    def test_includes_those_that_point_at_a_match(self, record: SqliteRecord) -> None:
        record.load([*PEOPLE, an_hba1c("a"), an_hba1c("b", of="joao"), an_appointment()])
        pairs = [
            ("_id", "maria"),
            ("_revinclude", "Observation:patient"),
            ("_revinclude", "Appointment:actor"),
        ]

        page = record.search("Patient", SearchParameters(pairs))

        assert {included["id"] for included in page.included} == {"a", "visit"}

    def test_includes_all_that_a_match_points_at(self, record: SqliteRecord) -> None:
        record.load([*PEOPLE, a_slot(), an_appointment()])

        page = record.search("Appointment", SearchParameters([("_include", "Appointment:*")]))

        assert {included["id"] for included in page.included} == {"maria", "nine"}

    def test_finds_the_same_after_an_upgrade_changed_the_rules(
        self, record: SqliteRecord, clock: StoppedClock, tmp_path: Path
    ) -> None:
        record.load([*PEOPLE, an_hba1c()])
        with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
            connection.executescript("DELETE FROM term; UPDATE rules SET fingerprint = 'an older one'")

        with closing(SqliteRecord(tmp_path / "record.db", clock=clock)) as upgraded:
            assert found(upgraded, "Observation", "patient=maria&code=4548-4") == {"hba1c"}
