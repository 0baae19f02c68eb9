"""What every `ClinicalRecord` promises (D7); a promise, a test."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import ClinicalRecord, SearchParameters, VersionMismatch, Write
from shared.kernel.clock import StoppedClock
from shared.kernel.refusals import Gone, LostRace, Nonsense, NotFound
from tests.support.fhir_people import a_patient, a_slot, an_appointment, an_hba1c
from tests.support.rest_record import a_rest_house

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


@contextmanager
def embedded(folder: Path, clock: StoppedClock) -> Generator[ClinicalRecord]:
    with closing(SqliteRecord(folder / "record.db", clock=clock)) as record:
        yield record


@contextmanager
def rest(folder: Path, clock: StoppedClock) -> Generator[ClinicalRecord]:
    with a_rest_house(folder, clock) as house:
        yield house.record


ADAPTERS: list[Callable[[Path, StoppedClock], AbstractContextManager[ClinicalRecord]]] = [embedded, rest]


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(NOON)


@pytest.fixture(params=ADAPTERS)
def record(request: pytest.FixtureRequest, tmp_path: Path, clock: StoppedClock) -> Iterator[ClinicalRecord]:
    with request.param(tmp_path, clock) as record:
        yield record


def put(resource: dict[str, Any], *, if_match: int | None = None) -> Write:
    return Write("PUT", resource["resourceType"], resource["id"], resource, if_match)


def delete(type_: str, id_: str) -> Write:
    return Write("DELETE", type_, id_)


def found(record: ClinicalRecord, type_: str, *pairs: tuple[str, str]) -> list[str]:
    return [match["id"] for match in record.search(type_, SearchParameters(pairs)).matches]


class TestReading:
    def test_gives_what_was_written_with_the_servers_meta(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_patient())])

        read = record.read("Patient", "maria")

        assert {**read, "meta": None} == {**a_patient(), "meta": None}
        assert read["meta"]["versionId"] == "1"
        assert datetime.fromisoformat(read["meta"]["lastUpdated"]) == NOON

    def test_of_what_never_was_is_not_found(self, record: ClinicalRecord) -> None:
        with pytest.raises(NotFound) as refusal:
            record.read("Patient", "nobody")

        assert not isinstance(refusal.value, Gone)

    def test_of_what_was_deleted_is_gone(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_patient())])
        record.transaction([delete("Patient", "maria")])

        with pytest.raises(Gone):
            record.read("Patient", "maria")

    def test_many_tells_what_is_there_from_what_is_gone_and_what_never_was(
        self, record: ClinicalRecord
    ) -> None:
        record.transaction([put(a_patient()), put(an_hba1c()), put(a_slot())])
        record.transaction([delete("Slot", "nine")])
        asked = [("Patient", "maria"), ("Patient", "nobody"), ("Observation", "hba1c"), ("Slot", "nine")]

        found = record.read_many(asked)

        assert set(found.resources) == {("Patient", "maria"), ("Observation", "hba1c")}
        assert found.resources["Patient", "maria"] == record.read("Patient", "maria")
        assert found.gone == {("Slot", "nine")}

    @pytest.mark.parametrize(
        ("type_", "id_"),
        [("Patient", ".."), ("Patient", "."), ("Patient", "a/b"), ("Patient", "ä"), ("Ghost", "maria")],
    )
    def test_of_what_can_never_be_is_not_found(self, record: ClinicalRecord, type_: str, id_: str) -> None:
        record.transaction([put(a_patient())])

        with pytest.raises(NotFound):
            record.read(type_, id_)
        assert set(record.read_many([(type_, id_), ("Patient", "maria")]).resources) == {("Patient", "maria")}

    def test_many_may_be_very_many_and_named_twice(self, record: ClinicalRecord) -> None:
        names = [f"slot-{number}" for number in range(230)]
        record.transaction([put(a_slot(name)) for name in names])

        found = record.read_many([("Slot", name) for name in [*names, *names[:5]]])

        assert {id_ for _, id_ in found.resources} == set(names)

    def test_none_asks_nobody(self, record: ClinicalRecord) -> None:
        assert record.read_many([]).resources == {}


class TestWriting:
    def test_counts_versions_from_one(self, record: ClinicalRecord) -> None:
        record.transaction([put(an_hba1c(value=8.2))])

        (second,) = record.transaction([put(an_hba1c(value=8.3))])

        assert second is not None
        assert second["meta"]["versionId"] == "2"

    def test_the_same_again_makes_no_version(self, record: ClinicalRecord, clock: StoppedClock) -> None:
        record.transaction([put(a_patient())])
        clock.pass_by(timedelta(hours=1))

        (again,) = record.transaction([put(record.read("Patient", "maria"))])

        assert again is not None
        assert again["meta"]["versionId"] == "1"
        assert datetime.fromisoformat(again["meta"]["lastUpdated"]) == NOON

    def test_goes_on_counting_after_a_deletion(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_patient())])
        record.transaction([delete("Patient", "maria")])

        (again,) = record.transaction([put(a_patient())])

        assert again is not None
        assert again["meta"]["versionId"] == "3"

    def test_mints_an_id_for_a_post(self, record: ClinicalRecord) -> None:
        (created,) = record.transaction([Write("POST", "Patient", None, a_patient("ignored"))])

        assert created is not None
        assert created["id"] != "ignored"
        assert record.read("Patient", created["id"])["name"] == a_patient()["name"]

    def test_if_none_exist_gives_the_one_that_does(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_patient())])
        condition = "identifier=https://clinic.example/mrn|MRN-maria"

        (met,) = record.transaction([Write("POST", "Patient", None, a_patient(), if_none_exist=condition)])

        assert met is not None
        assert met["id"] == "maria"
        assert found(record, "Patient") == ["maria"]

    def test_an_old_version_is_refused(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_slot())])
        record.transaction([put(a_slot(status="busy"))])

        with pytest.raises(VersionMismatch):
            record.transaction([put(a_slot(status="free"), if_match=1)])

        assert record.read("Slot", "nine")["status"] == "busy"

    def test_of_many_who_write_on_the_same_version_one_wins(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_slot())])

        def write(number: int) -> bool:
            changed = a_slot(status="busy") | {"comment": f"of {number}"}
            try:
                record.transaction([put(changed, if_match=1), put(an_appointment(f"visit-{number}"))])
            except (VersionMismatch, LostRace):
                return False
            return True

        with ThreadPoolExecutor(6) as threads:
            won = list(threads.map(write, range(6)))

        assert won.count(True) == 1
        assert found(record, "Appointment") == [f"visit-{won.index(True)}"]
        assert record.read("Slot", "nine")["meta"]["versionId"] == "2"

    def test_nothing_does_nothing(self, record: ClinicalRecord) -> None:
        assert list(record.transaction([])) == []

    def test_a_version_of_nothing_is_not_found(self, record: ClinicalRecord) -> None:
        with pytest.raises(NotFound):
            record.transaction([put(a_slot(), if_match=1)])

    def test_deleting_what_is_not_there_is_no_complaint(self, record: ClinicalRecord) -> None:
        assert record.transaction([delete("Patient", "nobody")]) == [None]

    def test_what_is_no_resource_is_refused_without_its_values(self, record: ClinicalRecord) -> None:
        with pytest.raises(Nonsense) as refusal:
            record.transaction([put({**an_hba1c(), "status": ["planted 556677"]})])

        assert refusal.value.fields[0][0].startswith("Observation.status")
        assert "556677" not in str(refusal.value)


class TestATransaction:
    def test_leaves_nothing_when_its_last_entry_fails(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_slot())])

        with pytest.raises(VersionMismatch):
            record.transaction(
                [put(an_appointment()), put(a_patient()), put(a_slot(status="busy"), if_match=7)]
            )

        assert found(record, "Appointment") == []
        assert found(record, "Patient") == []

    def test_answers_in_the_order_of_its_entries(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_patient("old"))])

        answers = record.transaction([put(a_slot()), delete("Patient", "old"), put(an_appointment())])

        assert [answer and answer["resourceType"] for answer in answers] == ["Slot", None, "Appointment"]

    def test_cannot_hold_a_resource_twice(self, record: ClinicalRecord) -> None:
        with pytest.raises(Nonsense):
            record.transaction([put(a_slot()), put(a_slot(status="busy"))])

        assert found(record, "Slot") == []

    def test_cannot_hold_more_than_500_entries(self, record: ClinicalRecord) -> None:
        with pytest.raises(Nonsense):
            record.transaction([put(a_slot(f"slot-{number}")) for number in range(501)])

        assert found(record, "Slot") == []


class TestHistory:
    def test_is_newest_first_without_deletions(self, record: ClinicalRecord) -> None:
        record.transaction([put(an_hba1c(value=8.2))])
        record.transaction([put(an_hba1c(value=8.3))])
        record.transaction([delete("Observation", "hba1c")])
        record.transaction([put(an_hba1c(value=8.4))])

        past = list(record.history("Observation", "hba1c"))

        assert [version["meta"]["versionId"] for version in past] == ["4", "2", "1"]
        assert [version["valueQuantity"]["value"] for version in past] == [8.4, 8.3, 8.2]

    def test_of_what_never_was_is_not_found(self, record: ClinicalRecord) -> None:
        with pytest.raises(NotFound):
            list(record.history("Observation", "hba1c"))


class TestSearching:
    def test_finds_by_patient_and_code(self, record: ClinicalRecord) -> None:
        record.transaction(
            [put(an_hba1c()), put(an_hba1c("other", of="joao")), put(an_hba1c("bmi", code="39156-5"))]
        )

        assert found(record, "Observation", ("patient", "maria"), ("code", "http://loinc.org|4548-4")) == [
            "hba1c"
        ]

    def test_no_longer_finds_what_changed_or_went(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_slot("a")), put(a_slot("b")), put(a_slot("c"))])
        record.transaction([put(a_slot("a", status="busy")), delete("Slot", "b")])

        assert found(record, "Slot", ("status", "free")) == ["c"]

    def test_pages_until_there_is_no_next(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_slot(f"slot-{number}")) for number in range(25)])
        seen: list[str] = []
        page, token = record.search("Slot", SearchParameters([("_count", "10")])), None

        while True:
            seen += [match["id"] for match in page.matches]
            if (token := page.next) is None:
                break
            page = record.search("Slot", SearchParameters([("_count", "10")]), page=token)

        assert sorted(seen) == sorted(f"slot-{number}" for number in range(25))

    def test_gives_ten_unless_told(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_slot(f"slot-{number}")) for number in range(11)])

        assert len(record.search("Slot", SearchParameters()).matches) == 10

    def test_for_what_nobody_knows_is_refused(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_slot())])

        with pytest.raises(Nonsense):
            record.search("Slot", SearchParameters([("colour", "blue")]))

    def test_counts_all_when_asked(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_slot(f"slot-{number}")) for number in range(12)])

        page = record.search("Slot", SearchParameters([("_total", "accurate"), ("_count", "5")]))

        assert (page.total, len(page.matches)) == (12, 5)

    def test_includes_beside_the_matches(self, record: ClinicalRecord) -> None:
        record.transaction([put(a_patient()), put(a_slot()), put(an_appointment())])
        asked = [("_include", "Appointment:patient"), ("_include", "Appointment:slot")]

        page = record.search("Appointment", SearchParameters(asked))

        assert [match["id"] for match in page.matches] == ["visit"]
        assert {included["id"] for included in page.included} == {"maria", "nine"}
