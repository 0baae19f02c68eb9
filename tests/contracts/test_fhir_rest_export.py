"""Bulk `$export` as a client does it: kick-off, asking after it, the files, and whom the token is told."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.progress import Progress
from local.take_export import TakeExport
from shared.adapters.fhir_rest_answers import NoFhir
from shared.adapters.fhir_rest_export import FhirRestExport
from shared.adapters.fhir_rest_server import FhirServer, LeadsAway
from shared.adapters.fhir_rest_tokens import FixedToken
from shared.fhir.bulk_export import ExportFile, Manifest, Running
from shared.fhir.ports import Resource
from shared.kernel.refusals import NotFound, TransientFault
from shared.kernel.sensitive import Sensitive
from tests.support.fhir_people import a_patient, an_hba1c
from tests.support.rest_record import Waits
from tests.support.scripted_server import Told, a_server_of_parts, http_answer

TAKEN_AT = "2026-03-03T12:00:00Z"
NDJSON = b"content-type: application/fhir+ndjson"
PLAIN = b"content-type: application/json"


@contextmanager
def told(*parts: bytes) -> Generator[tuple[FhirRestExport, Told]]:
    """Export from a server that answers as it is told; `{home}` in a part is its address."""
    with a_server_of_parts() as server:
        server.parts += [part.replace(b"{home}", server.base_url.encode()) for part in parts]
        asked = FhirServer(server.base_url, FixedToken(Sensitive("a.good.token")), wait=Waits())
        yield FhirRestExport(asked), server
        asked.close()


def accepted() -> bytes:
    return http_answer("202 Accepted", b"", b"content-location: {home}/_operations/export/7")


def manifest(*outputs: tuple[str, str], **more: Any) -> bytes:
    """Spell a manifest; it ends where the server hangs up, since its length is not known yet."""
    output = [{"type": type_, "url": url, "count": 1} for type_, url in outputs]
    said = {"transactionTime": TAKEN_AT, "requiresAccessToken": True, "output": output, "error": [], **more}
    return b"HTTP/1.1 200 OK\r\nconnection: close\r\n" + PLAIN + b"\r\n\r\n" + json.dumps(said).encode()


def lines(*resources: Resource) -> bytes:
    body = b"".join(json.dumps(resource).encode() + b"\n" for resource in resources)
    return http_answer("200 OK", body, NDJSON)


class TestAKickOff:
    def test_names_what_resources_must_meet(self) -> None:
        with told(accepted()) as (export, server):
            export.begin(types=("Observation",), filters=("Observation?code=4548-4&status=final",))

        assert b"_typeFilter=Observation%3Fcode%3D4548-4%26status%3Dfinal" in server.heard[0]

    def test_names_what_is_wanted_and_gives_where_to_ask(self) -> None:
        with told(accepted()) as (export, server):
            place = export.begin(types=("Patient", "Observation"), since=TAKEN_AT)

        head = server.heard[0].lower()
        assert place == f"{server.base_url}/_operations/export/7"
        assert head.startswith(
            b"get /fhir/$export?_type=patient%2cobservation&_since=2026-03-03t12%3a00%3a00z "
        )
        assert b"prefer: respond-async" in head

    def test_may_be_of_a_group(self) -> None:
        with told(accepted()) as (export, server):
            export.begin(group="diabetes")

        assert server.heard[0].startswith(b"GET /fhir/Group/diabetes/$export ")

    def test_whose_answer_was_lost_is_not_sent_again(self) -> None:
        with told(b"") as (export, server), pytest.raises(TransientFault):
            export.begin()

        assert len(server.heard) == 1

    def test_without_a_place_to_ask_at_is_none(self) -> None:
        with told(http_answer("202 Accepted")) as (export, _), pytest.raises(NoFhir):
            export.begin()


class TestAskingAfterIt:
    def test_says_that_it_runs_and_when_to_ask_again(self) -> None:
        with told(http_answer("202 Accepted", b"", b"retry-after: 7"), http_answer("202 Accepted")) as (
            export,
            server,
        ):
            said = [export.look(f"{server.base_url}/7"), export.look(f"{server.base_url}/7")]

        assert said == [Running(timedelta(seconds=7)), Running()]

    def test_gives_the_manifest_when_it_is_done(self) -> None:
        answer = manifest(
            ("Patient", "{home}/files/1"), deleted=[{"type": "Bundle", "url": "{home}/files/2"}]
        )
        with told(answer) as (export, server):
            found = export.look(f"{server.base_url}/7")

        assert isinstance(found, Manifest)
        assert found.taken_at == TAKEN_AT
        assert found.files == (ExportFile("Patient", f"{server.base_url}/files/1", 1),)
        assert found.deleted == (ExportFile("Bundle", f"{server.base_url}/files/2"),)

    def test_after_one_that_is_not_there_is_not_found(self) -> None:
        with told(http_answer("404 Not Found")) as (export, server), pytest.raises(NotFound):
            export.look(f"{server.base_url}/7")

    def test_elsewhere_is_refused(self) -> None:
        with told() as (export, server), pytest.raises(LeadsAway):
            export.look("https://elsewhere.example/7")

        assert server.heard == []

    @pytest.mark.parametrize("body", [b"[]", b"{}", b"<html>", b'{"transactionTime": "x", "output": [{}]}'])
    def test_that_ends_in_no_manifest_is_none(self, body: bytes) -> None:
        with told(http_answer("200 OK", body, PLAIN)) as (export, server), pytest.raises(NoFhir):
            export.look(f"{server.base_url}/7")

    def test_is_done_ever_more_rarely_up_to_three_minutes(self) -> None:
        pauses = [Running().pause(looks).total_seconds() for looks in (0, 1, 2, 5, 50)]

        assert pauses == [2, 4, 8, 64, 180]
        assert Running(timedelta(seconds=7)).pause(9) == timedelta(seconds=7)


class TestAFile:
    ALL = Manifest(TAKEN_AT, needs_token=True, files=())

    def test_is_read_line_by_line_with_references_of_its_own_server_made_relative(self) -> None:
        result = {**an_hba1c(), "subject": {"reference": "{home}/Patient/maria"}}
        with told(b"") as (_, server):
            home = server.base_url
        body = (
            json.dumps(result).replace("{home}", home).encode() + b"\n\n" + json.dumps(a_patient()).encode()
        )
        with a_server_of_parts(http_answer("200 OK", body, NDJSON)) as server:
            asked = FhirServer(server.base_url, wait=Waits())
            found = list(FhirRestExport(asked).resources(self.ALL, ExportFile("", f"{server.base_url}/1")))
            asked.close()

        assert [one["id"] for one in found] == ["hba1c", "maria"]

    def test_is_asked_for_with_the_token_only_where_it_needs_one(self) -> None:
        open_to_all = Manifest(TAKEN_AT, needs_token=False, files=())
        with told(lines(a_patient()), lines(a_patient())) as (export, server):
            file = ExportFile("Patient", f"{server.base_url}/files/1")
            list(export.resources(self.ALL, file))
            list(export.resources(open_to_all, file))

        assert [b"a.good.token" in heard for heard in server.heard] == [True, False]

    @pytest.mark.parametrize(
        "url", ["https://elsewhere.example/1.ndjson", "http://127.0.0.1:9/1.ndjson", "file:///etc/passwd"]
    )
    def test_elsewhere_is_not_asked_for_unless_that_host_was_named(self, url: str) -> None:
        with told() as (export, _), pytest.raises(LeadsAway):
            list(export.resources(self.ALL, ExportFile("Patient", url)))

    def test_in_the_clear_is_not_asked_for_even_where_the_host_was_named(self) -> None:
        with a_server_of_parts() as server:
            asked = FhirServer(server.base_url, wait=Waits())
            export = FhirRestExport(asked, stores={"store.example": FixedToken(Sensitive("another"))})

            with pytest.raises(LeadsAway):
                list(export.resources(self.ALL, ExportFile("Patient", "http://store.example/1")))

            asked.close()

    def test_that_breaks_off_is_a_fault_and_not_an_end(self) -> None:
        whole = lines(a_patient("a"), a_patient("b"))
        with told(whole[:-20]) as (export, server), pytest.raises(TransientFault):
            list(export.resources(self.ALL, ExportFile("Patient", f"{server.base_url}/1")))

    def test_with_a_line_that_is_no_resource_is_no_file(self) -> None:
        with told(http_answer("200 OK", b'{"resourceType": "Patient"}\n<html>', NDJSON)) as (export, server):
            reading = export.resources(self.ALL, ExportFile("Patient", f"{server.base_url}/1"))

            with pytest.raises(NoFhir):
                list(reading)


class TestTakingAnExport:
    def test_puts_every_file_into_the_folder_though_one_breaks_off(self, tmp_path: Path) -> None:
        whole = lines(a_patient("a"), a_patient("b"))
        answers = (
            accepted(),
            http_answer("202 Accepted"),
            manifest(("Patient", "{home}/files/1"), ("Observation", "{home}/files/2")),
            whole[:-20],
            whole,
            lines(an_hba1c()),
        )
        with told(*answers) as (export, _):
            take = TakeExport(export, tmp_path, Progress("resources"), Waits())

            taken = take(types=(), since=None)

        assert taken == 3
        assert [
            json.loads(line)["id"] for line in (tmp_path / "Patient-0.ndjson").read_text().splitlines()
        ] == ["a", "b"]
        assert (tmp_path / "taken_at").read_text() == TAKEN_AT
        assert not list(tmp_path.glob("*.part"))

    def test_keeps_decimals_as_they_were_written(self, tmp_path: Path) -> None:
        result = json.dumps({"resourceType": "Observation", "id": "o", "valueQuantity": {"value": 8.5}})
        exact = http_answer("200 OK", result.replace("8.5", "8.50").encode(), NDJSON)
        with told(accepted(), manifest(("Observation", "{home}/files/1")), exact) as (export, _):
            TakeExport(export, tmp_path, Progress("resources"), Waits())(types=(), since=None)

        assert "8.50" in (tmp_path / "Observation-0.ndjson").read_text()

    def test_goes_on_with_the_same_export_after_it_was_ended(self, tmp_path: Path) -> None:
        done = manifest(("Patient", "{home}/files/1"), ("Observation", "{home}/files/2"))
        with told(accepted(), done, lines(a_patient()), *[b""] * 5, done, lines(an_hba1c())) as (
            export,
            server,
        ):
            take = TakeExport(export, tmp_path, Progress("resources"), Waits())
            with pytest.raises(TransientFault):
                take(types=(), since=None)

            taken = take(types=(), since=None)

        assert taken == 2
        assert sum(b"$export" in heard for heard in server.heard) == 1
        assert sum(b"/files/1 " in heard for heard in server.heard) == 1
