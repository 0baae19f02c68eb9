"""What the REST adapter does when the server, or the way to it, does not behave (fhir.md §2.4)."""

import json
import logging
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.fhir_faults import Fault
from shared.adapters.fhir_rest import FhirRestRecord
from shared.adapters.fhir_rest_answers import NoFhir, NotLetIn
from shared.adapters.fhir_rest_circuit import FAULTS_THAT_OPEN, CircuitIsOpen
from shared.adapters.fhir_rest_server import FhirServer, LeadsAway, OutOfReach, Patience
from shared.adapters.fhir_rest_tokens import FixedToken
from shared.fhir.ports import HistoryIsNotKept, SearchParameters, VersionMismatch, Write
from shared.fhir.refusals import NotSelectiveEnough, RuleOfTheRecord
from shared.kernel.clock import StoppedClock
from shared.kernel.refusals import LostRace, Nonsense, Throttled, TransientFault
from shared.kernel.sensitive import Sensitive
from tests.support.fhir_people import a_patient, a_slot, an_hba1c
from tests.support.rest_record import RestHouse, Waits, a_rest_house, a_rest_record
from tests.support.scripted_server import (
    Told,
    a_server_of_parts,
    a_server_that_says,
    a_server_that_trickles,
    http_answer,
)
from tests.support.told import telling

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
NHS_NUMBER = "9434765919"
FHIR_JSON = b"content-type: application/fhir+json"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[RestHouse]:
    with a_rest_house(tmp_path, StoppedClock(NOON)) as house:
        yield house


@contextmanager
def told(*parts: bytes) -> Generator[tuple[FhirRestRecord, Told]]:
    """Ask a server that answers as it is told, with a token."""
    with a_server_of_parts(*parts) as server:
        token = FixedToken(Sensitive("a.good.token"))
        record = a_rest_record(server.base_url, StoppedClock(NOON), Waits(), tokens=token)
        yield record, server
        record.close()


def fhir(resource: dict[str, Any], status: str = "200 OK") -> bytes:
    return http_answer(status, json.dumps(resource).encode(), FHIR_JSON)


def outcome(code: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code, **more}]}


def bundle(*entries: dict[str, Any], next_: str | None = None) -> dict[str, Any]:
    links = [{"relation": "next", "url": next_}] if next_ else []
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": list(entries)}


def put(resource: dict[str, Any], *, if_match: int | None = None) -> Write:
    return Write("PUT", resource["resourceType"], resource["id"], resource, if_match)


class TestAHistory:
    @pytest.mark.parametrize("status", ["405 Method Not Allowed", "501 Not Implemented", "400 Bad Request"])
    def test_that_the_server_does_not_show_is_not_kept(self, status: str) -> None:
        with told(fhir(outcome("not-supported"), status)) as (record, _), pytest.raises(HistoryIsNotKept):
            record.history("Patient", "maria")

    @pytest.mark.parametrize(("versioning", "is_kept"), [("no-version", False), ("versioned", True)])
    def test_of_one_version_without_a_number_is_believed_where_versions_are_kept(
        self, versioning: str, *, is_kept: bool
    ) -> None:
        newest = a_patient(meta={"versionId": "f3a0c6", "lastUpdated": "2026-03-03T12:00:00Z"})
        kinds = [{"type": "Slot", "versioning": "no-version"}, {"type": "Patient", "versioning": versioning}]
        says = {"resourceType": "CapabilityStatement", "rest": [{"resource": kinds}]}

        with told(fhir(bundle({"resource": newest})), fhir(says)) as (record, server):
            if is_kept:
                assert [one["id"] for one in record.history("Patient", "maria")] == ["maria"]
            else:
                with pytest.raises(HistoryIsNotKept):
                    record.history("Patient", "maria")

        assert b"/fhir/metadata" in server.heard[-1]

    def test_whose_versions_are_numbers_needs_nobodys_word(self) -> None:
        newest = a_patient(meta={"versionId": "7", "lastUpdated": "2026-03-03T12:00:00Z"})

        with told(fhir(bundle({"resource": newest}))) as (record, server):
            assert len(list(record.history("Patient", "maria"))) == 1

        assert len(server.heard) == 1


class TestAThrottlingServer:
    def test_is_asked_again_after_the_time_it_names(self, house: RestHouse) -> None:
        house.record.transaction([put(a_patient())])
        house.server.faults.expect(Fault(429, timedelta(milliseconds=400)))

        read = house.record.read("Patient", "maria")

        assert read["id"] == "maria"
        assert [0.4 <= seconds <= 0.5 for seconds in house.waits.seconds] == [True]

    def test_is_left_to_the_caller_where_it_names_a_longer_time(self, house: RestHouse) -> None:
        house.server.faults.expect(Fault(429, timedelta(seconds=30)))

        with pytest.raises(Throttled) as fault:
            house.record.read("Patient", "maria")

        assert fault.value.retry_after == timedelta(seconds=30)
        assert house.waits.seconds == []

    @pytest.mark.parametrize(
        ("said", "waits"),
        [
            ((b"retry-after: 7",), 7),
            ((b"retry-after: 7", b"x-ms-retry-after-ms: 6500"), 6.5),
            ((b"retry-after: 86400",), 300),
            ((b"date: Tue, 03 Mar 2026 12:00:00 GMT", b"retry-after: Tue, 03 Mar 2026 12:00:09 GMT"), 9),
            ((b"date: Tue, 03 Mar 2026 12:00:00 GMT", b"retry-after: Tue, 03 Mar 2026 11:00:00 GMT"), 0),
            ((b"retry-after: soon",), None),
            ((b"retry-after: Tue, 03 Mar 2026 12:00:09 GMT",), None),
            ((), None),
        ],
    )
    def test_may_say_in_several_ways_when_to_come_back(
        self, said: tuple[bytes, ...], waits: float | None
    ) -> None:
        no = http_answer("429 Too Many Requests", b"", *said)
        with told(no, no, no) as (record, _), pytest.raises(Throttled) as fault:
            record.read("Patient", "maria")

        assert fault.value.retry_after == (None if waits is None else timedelta(seconds=waits))

    def test_is_asked_three_times_and_no_more(self, house: RestHouse) -> None:
        house.record.transaction([put(a_patient())])
        house.server.faults.expect(*[Fault(429)] * 3)

        with pytest.raises(Throttled):
            house.record.read("Patient", "maria")

        assert len(house.waits.seconds) == 2
        assert house.waits.seconds[0] < house.waits.seconds[1] * 3
        assert house.record.read("Patient", "maria")["id"] == "maria"

    def test_is_sent_a_write_again_for_it_did_nothing(self, house: RestHouse) -> None:
        house.server.faults.expect(Fault(429, timedelta(milliseconds=100)))

        (stored,) = house.record.transaction([put(a_slot())])

        assert stored is not None
        assert stored["meta"]["versionId"] == "1"

    def test_is_asked_again_for_what_it_left_out_of_a_batch(self) -> None:
        refused = {"response": {"status": "429", "outcome": outcome("throttled")}}
        maria = {"response": {"status": "200"}, "resource": a_patient()}
        joao = {"response": {"status": "200"}, "resource": a_patient("joao")}
        with told(fhir(bundle(maria, refused)), fhir(bundle(joao))) as (record, server):
            found = record.read_many([("Patient", "maria"), ("Patient", "joao")])

        assert set(found.resources) == {("Patient", "maria"), ("Patient", "joao")}
        assert b"Patient/maria" not in server.heard[1]


class TestAFailingServer:
    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
    def test_is_asked_again_for_what_is_read(self, house: RestHouse, status: int) -> None:
        house.record.transaction([put(a_patient())])
        house.server.faults.expect(Fault(status), Fault(status))

        assert house.record.read("Patient", "maria")["id"] == "maria"
        assert len(house.waits.seconds) == 2

    def test_is_not_sent_a_write_again(self, house: RestHouse) -> None:
        house.server.faults.expect(Fault(503, timedelta(seconds=1)))

        with pytest.raises(TransientFault) as fault:
            house.record.transaction([put(a_slot())])

        assert fault.value.retry_after == timedelta(seconds=1)
        assert house.waits.seconds == []
        assert house.record.read_many([("Slot", "nine")]).resources == {}

    def test_that_did_the_work_is_not_told_to_do_it_twice(self, house: RestHouse) -> None:
        house.server.faults.expect(Fault(503, after_the_act=True))

        with pytest.raises(TransientFault):
            house.record.transaction([Write("POST", "Patient", None, a_patient("ignored"))])

        found = house.record.search("Patient", SearchParameters()).matches
        assert len(found) == 1

    def test_that_hangs_up_is_not_told_to_do_it_twice(self) -> None:
        with told(b"", b"") as (record, server), pytest.raises(TransientFault):
            record.transaction([put(a_slot())])

        assert len(server.heard) == 1

    def test_that_hangs_up_is_asked_again_for_what_is_read(self) -> None:
        with told(b"", fhir(a_patient())) as (record, server):
            read = record.read("Patient", "maria")

        assert read["id"] == "maria"
        assert len(server.heard) == 2

    def test_that_is_not_there_is_tried_three_times(self) -> None:
        with a_server_of_parts() as nobody:
            pass
        waits = Waits()
        record = a_rest_record(nobody.base_url, StoppedClock(NOON), waits)

        with pytest.raises(OutOfReach):
            record.transaction([put(a_slot())])

        assert len(waits.seconds) == 2
        record.close()

    def test_says_409_where_a_race_was_lost(self, house: RestHouse) -> None:
        house.server.faults.expect(Fault(409))

        with pytest.raises(LostRace):
            house.record.transaction([put(a_slot())])


class TestASlowServer:
    PATIENCE = Patience(connect=1, silence=0.1, whole=0.2)

    def test_is_not_waited_for_without_end(self) -> None:
        with a_server_that_says((b"never said", b"")) as port:
            record = self.record(port)

            with pytest.raises(TransientFault):
                record.read("Patient", "maria")

            record.close()

    def test_that_trickles_is_not_listened_to_without_end(self) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\ncontent-length: 9000\r\n\r\n"
        with a_server_that_trickles((b"\r\n\r\n", head), drops=b" " * 9000) as port:
            record = self.record(port)

            with pytest.raises(TransientFault):
                record.transaction([put(a_slot())])

            record.close()

    def record(self, port: int) -> FhirRestRecord:
        base_url = f"http://127.0.0.1:{port}/fhir"
        return a_rest_record(base_url, StoppedClock(NOON), Waits(), patience=self.PATIENCE)


class TestAWrongAnswer:
    @pytest.mark.parametrize(
        "answer",
        [
            http_answer("200 OK", b"<html>Maintenance until six</html>", b"content-type: text/html"),
            http_answer("200 OK", b"<Patient/>", b"content-type: application/fhir+xml"),
            http_answer("200 OK", b'{"resourceType": "Patient"', FHIR_JSON),
            http_answer("200 OK", b"null", FHIR_JSON),
            http_answer("200 OK", b'{"id": "maria"}', FHIR_JSON),
            http_answer("200 OK"),
        ],
    )
    def test_is_no_resource(self, answer: bytes) -> None:
        with told(answer) as (record, _), pytest.raises(NoFhir):
            record.read("Patient", "maria")

    def test_that_leads_elsewhere_is_not_followed(self) -> None:
        moved = http_answer("302 Found", b"", b"location: http://127.0.0.1:9/fhir/Patient/maria")
        with told(moved) as (record, server), pytest.raises(TransientFault):
            record.read("Patient", "maria")

        assert len(server.heard) == 1

    def test_of_fewer_entries_than_were_asked_is_none(self) -> None:
        with told(fhir(bundle())) as (record, _), pytest.raises(NoFhir):
            record.read_many([("Patient", "maria")])

    @pytest.mark.parametrize(
        "said",
        [{"resourceType": "OperationOutcome", "issue": None}, {"issue": [None, {"code": 7}]}, []],
    )
    def test_that_refuses_in_broken_words_still_refuses(self, said: Any) -> None:
        with told(fhir(said, "400 Bad Request")) as (record, _), pytest.raises(Nonsense):
            record.transaction([put(a_slot())])

    def test_that_says_200_of_a_whole_with_a_refused_part_is_a_refusal(self) -> None:
        done = {"response": {"status": "200"}, "resource": a_patient()}
        refused = {"response": {"status": "412 Precondition Failed", "outcome": outcome("conflict")}}
        with told(fhir(bundle(done, refused))) as (record, _), pytest.raises(VersionMismatch):
            record.transaction([put(a_patient()), put(a_slot(), if_match=1)])

    def test_without_the_stored_resource_is_followed_by_a_question(self) -> None:
        entry = {"response": {"status": "201", "location": "Slot/nine/_history/1", "etag": 'W/"1"'}}
        with told(fhir(bundle(entry)), fhir(a_slot())) as (record, server):
            (stored,) = record.transaction([put(a_slot())])

        assert stored == a_slot()
        assert server.heard[1].startswith(b"GET /fhir/Slot/nine/_history/1 ")


class TestARefusal:
    def test_names_fields_and_no_values(self) -> None:
        said = outcome(
            "value",
            expression=["Patient.identifier[0].value", f"Patient.where({NHS_NUMBER})"],
            diagnostics=f"{NHS_NUMBER} is not an NHS number",
        )
        with told(fhir(said, "400 Bad Request")) as (record, _), pytest.raises(Nonsense) as refusal:
            record.transaction([put(a_slot())])

        assert refusal.value.fields == (("Patient.identifier[0].value", "value"),)
        assert NHS_NUMBER not in str(refusal.value)

    def test_by_a_rule_of_the_record_is_a_refusal(self) -> None:
        said = outcome("business-rule", expression=["Appointment.start"])
        with (
            told(fhir(said, "422 Unprocessable Entity")) as (record, _),
            pytest.raises(RuleOfTheRecord) as refusal,
        ):
            record.transaction([put(a_slot())])

        assert refusal.value.fields == (("Appointment.start", "business-rule"),)

    def test_because_several_meet_a_condition_says_so(self, house: RestHouse) -> None:
        house.record.transaction([put(a_slot("a")), put(a_slot("b"))])
        write = Write("POST", "Slot", None, a_slot(), if_none_exist="status=free")

        with pytest.raises(NotSelectiveEnough):
            house.record.transaction([write])


class TestALinkThatLeadsAway:
    AWAY = (
        "https://elsewhere.example/fhir?page=2",
        "http://127.0.0.1:9/fhir?page=2",
        "http://127.0.0.1:{port}@elsewhere.example/fhir?page=2",
        "http://127.0.0.1:{port}/elsewhere?page=2",
        "http://127.0.0.1:{port}/fhir/../elsewhere?page=2",
        "//elsewhere.example/fhir?page=2",
        "ftp://127.0.0.1:{port}/fhir?page=2",
    )

    @pytest.mark.parametrize("away", AWAY)
    def test_is_not_followed_with_our_token(self, away: str) -> None:
        with a_server_of_parts() as server:
            record = a_rest_record(server.base_url, StoppedClock(NOON), Waits())

            with pytest.raises(LeadsAway):
                record.search("Slot", SearchParameters(), page=away.format(port=server.port))

            record.close()
        assert server.heard == []

    def test_of_a_history_is_not_followed_either(self) -> None:
        newest = {**an_hba1c(), "meta": {"versionId": "2"}}
        first = bundle({"resource": newest}, next_="https://elsewhere.example/fhir?page=2")
        with told(fhir(first)) as (record, _), pytest.raises(LeadsAway):
            list(record.history("Observation", "hba1c"))

    def test_may_be_spelt_without_the_server(self) -> None:
        with told(fhir(bundle(next_="Slot?page=2")), fhir(bundle({"resource": a_slot()}))) as (
            record,
            server,
        ):
            page = record.search("Slot", SearchParameters()).next
            found = record.search("Slot", SearchParameters(), page=page).matches

        assert [slot["id"] for slot in found] == ["nine"]
        assert server.heard[1].startswith(b"GET /fhir/Slot?page=2 ")


class TestASearch:
    def test_says_nothing_of_the_patient_in_an_address(self) -> None:
        with told(fhir(bundle())) as (record, server):
            record.search("Patient", SearchParameters([("identifier", NHS_NUMBER)]))

        address, _, rest = server.heard[0].partition(b"\r\n")
        assert NHS_NUMBER.encode() not in address
        assert NHS_NUMBER.encode() in rest

    def test_makes_references_within_the_server_relative_and_leaves_others(self, house: RestHouse) -> None:
        home = str(house.server.http.base_url).rstrip("/")
        away = "https://elsewhere.example/fhir/Patient/maria"
        mine = {**an_hba1c("mine"), "subject": {"reference": f"{home}/Patient/maria"}}
        theirs = {**an_hba1c("theirs"), "subject": {"reference": away}}
        house.server.record.load([mine, theirs])

        found = house.record.search("Observation", SearchParameters()).matches

        assert [each["subject"]["reference"] for each in found] == ["Patient/maria", away]


class TestWhatIsTold:
    def test_holds_neither_what_was_searched_for_nor_the_token(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        away = "https://elsewhere.example/fhir?identifier="
        answers = [fhir(bundle(next_=f"{away}{NHS_NUMBER}")), fhir(outcome("login"), "403 Forbidden"), b""]
        with telling() as heard, told(*answers) as (record, _):
            page = record.search("Patient", SearchParameters([("identifier", NHS_NUMBER)])).next
            for asked in (page, None, None):
                with suppress(TransientFault):
                    record.search("Patient", SearchParameters([("identifier", NHS_NUMBER)]), page=asked)

        everything = f"{heard.everything()} {caplog.text}"
        assert "fhir.record.leads_away" in everything
        assert "fhir.record.not_let_in" in everything
        assert NHS_NUMBER not in everything
        assert "a.good.token" not in everything

    def test_says_how_long_the_server_took(self) -> None:
        with telling() as heard, told(fhir(a_patient()), b"") as (record, _):
            record.read("Patient", "maria")
            with suppress(TransientFault):
                record.transaction([put(a_slot())])

            measured = heard.measured()["fhir.record_seconds"]

        assert set(measured) == {
            (("method", "GET"), ("status", 200)),
            (("method", "POST"), ("status", 0)),
        }


class TestTheToken:
    def test_is_said_with_every_request(self) -> None:
        with told(fhir(a_patient())) as (record, server):
            record.read("Patient", "maria")

        assert re.search(rb"authorization: bearer a\.good\.token\r\n", server.heard[0].lower())

    def test_that_is_not_believed_even_fresh_is_not_tried_for_ever(self) -> None:
        no = fhir(outcome("login"), "401 Unauthorized")
        with told(no, no) as (record, server), pytest.raises(NotLetIn):
            record.transaction([put(a_slot())])

        assert len(server.heard) == 2

    def test_that_allows_too_little_waits_for_somebody_to_mend_it(self) -> None:
        no = fhir(outcome("forbidden"), "403 Forbidden")
        with told(no) as (record, _), pytest.raises(NotLetIn):
            record.read("Patient", "maria")

    @pytest.mark.parametrize(
        "address",
        ["http://hospital.example/fhir", "ftp://127.0.0.1/fhir", "https://me:word@hospital.example"],
    )
    def test_is_never_said_in_the_clear(self, address: str) -> None:
        with pytest.raises(Nonsense):
            FhirServer(address)


class TestTheCircuit:
    def test_opens_after_repeated_faults_and_asks_nobody(self) -> None:
        with told(*[b""] * FAULTS_THAT_OPEN) as (record, server):
            for _ in range(FAULTS_THAT_OPEN):
                with pytest.raises(TransientFault):
                    record.transaction([put(a_slot())])

            with pytest.raises(CircuitIsOpen) as fault:
                record.transaction([put(a_slot())])

            assert fault.value.retry_after is not None
            assert len(server.heard) == FAULTS_THAT_OPEN

    def test_lets_nobody_wait_who_reads(self, house: RestHouse) -> None:
        house.server.faults.expect(*[Fault(503)] * FAULTS_THAT_OPEN)
        for _ in range(FAULTS_THAT_OPEN):
            with pytest.raises(TransientFault):
                house.record.transaction([put(a_slot())])

        with pytest.raises(CircuitIsOpen):
            house.record.read("Slot", "nine")

        assert house.waits.seconds == []

    def test_lets_one_try_after_its_rest_and_then_all(self, house: RestHouse) -> None:
        house.server.faults.expect(*[Fault(503)] * FAULTS_THAT_OPEN)
        for _ in range(FAULTS_THAT_OPEN):
            with pytest.raises(TransientFault):
                house.record.transaction([put(a_slot())])
        with pytest.raises(CircuitIsOpen):
            house.record.transaction([put(a_slot())])

        house.waits(10)

        house.record.transaction([put(a_slot())])
        assert house.record.read("Slot", "nine")["meta"]["versionId"] == "1"

    def test_stays_open_for_longer_when_the_trial_fails(self, house: RestHouse) -> None:
        house.server.faults.expect(*[Fault(503)] * (FAULTS_THAT_OPEN + 1))
        for _ in range(FAULTS_THAT_OPEN):
            with pytest.raises(TransientFault):
                house.record.transaction([put(a_slot())])
        house.waits(7)
        with pytest.raises(TransientFault):
            house.record.transaction([put(a_slot())])

        house.waits(7)

        with pytest.raises(CircuitIsOpen):
            house.record.transaction([put(a_slot())])

    def test_is_not_opened_by_one_resource_that_is_too_much_for_the_server(self, house: RestHouse) -> None:
        house.server.faults.expect(*[Fault(500)] * FAULTS_THAT_OPEN)
        for _ in range(FAULTS_THAT_OPEN):
            with pytest.raises(TransientFault):
                house.record.transaction([put(a_slot())])

        house.record.transaction([put(a_slot())])

    def test_is_not_opened_by_refusals_or_throttling(self, house: RestHouse) -> None:
        house.server.faults.expect(*[Fault(429), Fault(412)] * FAULTS_THAT_OPEN)
        for _ in range(FAULTS_THAT_OPEN):
            with pytest.raises(VersionMismatch):
                house.record.transaction([put(a_slot())])

        house.record.transaction([put(a_slot())])
