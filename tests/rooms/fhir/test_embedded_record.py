"""What the embedded record does beyond its port: events, imports, races, exact bodies."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.fhir_bodies import resource_in
from shared.adapters.fhir_bundle_entries import entries_of, entry_of
from shared.adapters.sqlite_record import SqliteRecord
from shared.adapters.sqlite_record_acts import Done
from shared.fhir.ports import VersionMismatch, Write
from shared.fhir.refusals import NotSelectiveEnough, ReferenceNotResolved, ResourceDeleted
from shared.kernel.clock import StoppedClock
from shared.kernel.refusals import LostRace, Nonsense, NotFound
from tests.support.fhir_people import a_patient, a_slot, an_appointment, an_hba1c

MRN = "https://clinic.example/mrn"


def put(resource: dict[str, Any], *, if_match: int | None = None) -> Write:
    return Write("PUT", resource["resourceType"], resource["id"], resource, if_match)


def told(record: SqliteRecord, after: int = 0) -> list[tuple[str, str, int]]:
    events = [event for _, event in record.events(after, 1000)]
    return [
        (
            event["eventType"].removeprefix("Microsoft.HealthcareApis.FhirResource"),
            event["data"]["resourceFhirId"],
            event["data"]["resourceVersionId"],
        )
        for event in events
    ]


def together(record: SqliteRecord, *raw: dict[str, Any]) -> list[str]:
    entries = [entry_of(place, entry) for place, entry in enumerate(entries_of({"entry": list(raw)}))]
    outcomes = record.together(entries)
    return [outcome.stored.id for outcome in outcomes if isinstance(outcome, Done) and outcome.stored]


def post(resource: dict[str, Any], full_url: str, **request: str) -> dict[str, Any]:
    return {
        "fullUrl": full_url,
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"], **request},
    }


class TestAnEvent:
    def test_is_in_the_schema_of_event_grid(self, record: SqliteRecord, clock: StoppedClock) -> None:
        clock.pass_by(timedelta(microseconds=1234))
        record.transaction([put(a_patient())])

        ((number, event),) = record.events(0, 10)

        assert number == 1
        assert {name: event[name] for name in event if name not in ("id", "topic")} == {
            "subject": "local.fhir.azurehealthcareapis.com/Patient/maria",
            "eventType": "Microsoft.HealthcareApis.FhirResourceCreated",
            "eventTime": "2026-03-03T12:00:00.0012340Z",
            "data": {
                "resourceType": "Patient",
                "resourceFhirAccount": "local.fhir.azurehealthcareapis.com",
                "resourceFhirId": "maria",
                "resourceVersionId": 1,
            },
            "dataVersion": "1",
            "metadataVersion": "1",
        }
        assert event["topic"].startswith("/subscriptions/")

    def test_tells_of_creation_change_and_deletion_only(self, record: SqliteRecord) -> None:
        record.transaction([put(a_slot())])
        record.transaction([put(a_slot())])
        record.transaction([put(a_slot(status="busy"))])
        record.transaction([Write("DELETE", "Slot", "nine")])
        record.transaction([Write("DELETE", "Slot", "nine")])
        record.transaction([put(a_slot())])

        assert told(record) == [
            ("Created", "nine", 1),
            ("Updated", "nine", 2),
            ("Deleted", "nine", 3),
            ("Created", "nine", 4),
        ]

    def test_has_an_id_of_its_own_and_always_the_same(self, record: SqliteRecord) -> None:
        record.transaction([put(a_slot("a")), put(a_slot("b"))])

        ids = [event["id"] for _, event in record.events(0, 10)]

        assert len(set(ids)) == 2
        assert ids == [event["id"] for _, event in record.events(0, 10)]

    def test_of_a_transaction_that_failed_is_not_there(self, record: SqliteRecord) -> None:
        with pytest.raises(NotFound):
            record.transaction([put(an_appointment()), put(a_slot(), if_match=1)])

        assert told(record) == []

    def test_once_forgotten_is_missing_and_numbers_go_on(self, record: SqliteRecord) -> None:
        record.transaction([put(a_slot("a")), put(a_slot("b"))])
        record.forget_events(2)
        record.transaction([put(a_slot("c"))])

        assert [(number, event["data"]["resourceFhirId"]) for number, event in record.events(0, 10)] == [
            (3, "c")
        ]

    def test_wakes_who_waits_for_it(self, record: SqliteRecord) -> None:
        record.transaction([put(a_slot())])

        assert record.wait_for_events(0)
        assert not record.wait_for_events(0)


class TestAnImport:
    def test_keeps_ids_and_tells_nobody(self, record: SqliteRecord) -> None:
        count = record.load([a_patient(), an_hba1c()], batch=1)

        assert count == 2
        assert record.read("Patient", "maria")["meta"]["versionId"] == "1"
        assert told(record) == []

    def test_of_the_same_again_changes_nothing(self, record: SqliteRecord) -> None:
        record.load([a_patient(), an_hba1c()])

        assert record.load([a_patient(), an_hba1c()]) == 0

    def test_writes_over_what_differs(self, record: SqliteRecord) -> None:
        record.load([a_slot(), a_slot(status="busy")])

        assert record.read("Slot", "nine")["status"] == "busy"
        assert record.read("Slot", "nine")["meta"]["versionId"] == "2"
        assert told(record) == []

    def test_of_what_has_no_id_is_refused(self, record: SqliteRecord) -> None:
        with pytest.raises(Nonsense):
            record.load([{"resourceType": "Patient"}])


class TestARace:
    @pytest.mark.parametrize("attempt", range(5))
    def test_for_one_slot_is_won_once(self, record: SqliteRecord, attempt: int) -> None:
        record.transaction([put(a_slot())])
        start, outcomes = threading.Barrier(4), list[str]()

        def book(patient: str) -> None:
            start.wait()
            try:
                visit = an_appointment(f"visit-of-{patient}-{attempt}", of=patient)
                record.transaction([put(a_slot(status="busy"), if_match=1), put(visit)])
                outcomes.append("won")
            except (VersionMismatch, LostRace):
                outcomes.append("lost")

        racers = [threading.Thread(target=book, args=(name,)) for name in ("maria", "joao", "lin", "eva")]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()

        assert sorted(outcomes) == ["lost", "lost", "lost", "won"]
        assert [(type_, version) for type_, id_, version in told(record) if id_ == "nine"] == [
            ("Created", 1),
            ("Updated", 2),
        ]
        assert len([id_ for _, id_, _ in told(record) if id_.startswith("visit")]) == 1


class TestATransactionBundle:
    def test_points_its_entries_at_each_other(self, record: SqliteRecord) -> None:
        patient, observation = together(
            record,
            post(a_patient(), "urn:uuid:3fdc72f4-a11d-4a9d-9260-a9f745779e1d"),
            post(
                {**an_hba1c(), "subject": {"reference": "urn:uuid:3fdc72f4-a11d-4a9d-9260-a9f745779e1d"}},
                "urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059",
            ),
        )

        assert record.read("Observation", observation)["subject"]["reference"] == f"Patient/{patient}"

    def test_points_at_what_a_conditional_create_met(self, record: SqliteRecord) -> None:
        record.load([a_patient()])

        patient, observation = together(
            record,
            post(a_patient(), "urn:uuid:1", ifNoneExist=f"identifier={MRN}|MRN-maria"),
            post({**an_hba1c(), "subject": {"reference": "urn:uuid:1"}}, "urn:uuid:2"),
        )

        assert patient == "maria"
        assert record.read("Observation", observation)["subject"]["reference"] == "Patient/maria"

    def test_resolves_conditional_references(self, record: SqliteRecord) -> None:
        record.load([a_patient()])
        subject = {"reference": f"Patient?identifier={MRN}|MRN-maria"}

        (observation,) = together(record, post({**an_hba1c(), "subject": subject}, "urn:uuid:1"))

        assert record.read("Observation", observation)["subject"]["reference"] == "Patient/maria"

    def test_with_a_reference_that_nothing_meets_is_undone(self, record: SqliteRecord) -> None:
        lost = {**an_hba1c(), "subject": {"reference": "Patient?identifier=nobody"}}

        with pytest.raises(ReferenceNotResolved):
            together(record, post(a_slot(), "urn:uuid:1"), post(lost, "urn:uuid:2"))

        assert told(record) == []

    def test_deletes_first_then_creates_then_reads(self, record: SqliteRecord) -> None:
        record.load([a_patient("old", identifier=[{"system": MRN, "value": "1"}])])
        again = a_patient(identifier=[{"system": MRN, "value": "1"}])

        read, created, _ = together(
            record,
            {"request": {"method": "GET", "url": "Slot/nine"}},
            post(again, "urn:uuid:1", ifNoneExist=f"identifier={MRN}|1"),
            {"request": {"method": "DELETE", "url": "Patient/old"}},
            {"request": {"method": "PUT", "url": "Slot/nine"}, "resource": a_slot()},
        )[:3]

        assert read == "nine"
        assert created != "old"
        with pytest.raises(ResourceDeleted):
            record.read("Patient", "old")

    def test_with_a_condition_that_many_meet_is_undone(self, record: SqliteRecord) -> None:
        record.load([a_patient("a"), a_patient("b")])

        with pytest.raises(NotSelectiveEnough):
            together(record, post(a_patient(), "urn:uuid:1", ifNoneExist="family=Lindstr"))


def potassium(digits: str) -> dict[str, Any]:
    about = '"resourceType":"Observation","id":"x","status":"final","code":{"text":"K"}'
    return resource_in(f'{{{about},"valueQuantity":{{"value":{digits}}}}}'.encode())


class TestABody:
    def test_keeps_the_digits_of_decimals(self, record: SqliteRecord) -> None:
        record.transaction([put(potassium("1.50"))])

        assert b'"value":1.50}' in record.stored("Observation", "x").body

    def test_with_other_digits_is_another_version(self, record: SqliteRecord) -> None:
        for digits in ("1.50", "1.50", "1.5"):
            record.transaction([put(potassium(digits))])

        assert record.stored("Observation", "x").version == 2

    @pytest.mark.parametrize(
        "text", [b"", b"{", b"[]", b"null", b'{"a": NaN}', b'{"a": "\xff"}', b'{"a": "\\ud800"}', b"[" * 2000]
    )
    def test_that_is_no_object_is_refused(self, text: bytes) -> None:
        with pytest.raises(Nonsense):
            resource_in(text)

    def test_of_a_type_unknown_to_r4_is_refused(self, record: SqliteRecord) -> None:
        with pytest.raises(NotFound):
            record.transaction([put({"resourceType": "SubscriptionTopic", "id": "x"})])

    def test_of_a_type_that_r4b_has_no_model_of_is_kept(self, record: SqliteRecord) -> None:
        record.transaction(
            [put({"resourceType": "MedicinalProduct", "id": "x", "name": [{"productName": "y"}]})]
        )

        assert record.read("MedicinalProduct", "x")["name"] == [{"productName": "y"}]


class TestTheFile:
    def test_opened_again_has_everything(
        self, record: SqliteRecord, clock: StoppedClock, tmp_path: Path
    ) -> None:
        record.transaction([put(a_patient()), put(an_hba1c())])

        again = SqliteRecord(tmp_path / "record.db", clock=clock)

        assert again.read("Patient", "maria")["meta"]["versionId"] == "1"
        assert told(again) == told(record)
        again.close()
