"""Exports through the product's own doors and queues: defined, run, fetched, forgotten (UN-17)."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shared.adapters.export_files import FolderExportFiles
from shared.exports.documents import run_of
from shared.exports.model import AdvanceExport
from shared.exports.ports import MANIFEST
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import LostRace
from tests.support.fhir_people import a_patient, an_hba1c
from tests.support.product import Answer, Product
from tests.support.product_story import audited

HIGH: dict[str, Any] = {
    "name": "High HbA1c",
    "state": "live",
    "rule": {"kind": "has_records", "resource": "Observation"},
}
LIVING: dict[str, Any] = {"name": "Everybody", "state": "live", "rule": {"kind": "is_alive"}}
LATEST: dict[str, Any] = {
    "name": "Latest HbA1c",
    "kind": "attribute",
    "over": {"kind": "records", "resource": "Observation"},
    "calculations": [{"name": "hba1c", "function": "last", "column": "value"}],
    "state": "live",
}
EVERYBODY: dict[str, Any] = {
    "name": "Everybody",
    "what": {"kind": "patients", "columns": ["gender", "birth_date", "is_active"]},
    "state": "live",
}
MEMBERS: dict[str, Any] = {
    "name": "Who is there",
    "what": {"kind": "members", "segment_id": "living", "columns": ["since", "language"]},
    "state": "live",
}
CLINICAL = {**MEMBERS, "what": {"kind": "members", "segment_id": "high"}}
VALUES = {**MEMBERS, "what": {"kind": "values", "measure_id": "latest"}}
LETTERS = {
    **EVERYBODY,
    "purpose": "Letters about the new building",
    "what": {"kind": "patients", "columns": ["given", "family", "phone", "email"]},
    "consented_for": "commercial",
}
OURS = {"ana", "john", "maria", "late"}
BOTH = ("data_administrator", "care_coordinator")


@pytest.fixture(scope="module")
def house(standing: Product) -> Product:
    """Give a house with three people, segments and a measure; each test has exports of its own."""
    product = standing
    product.write(
        a_patient("maria", telecom=[{"system": "email", "value": "maria@example.org"}]),
        a_patient("john", family="=HYPERLINK(0)", telecom=[{"system": "sms", "value": "+46701740606"}]),
        a_patient("ana", gender="female", birthDate="1990-02-01", telecom=[]),
        an_hba1c(of="maria"),
    )
    product.run()
    maker = product.staff("outreach_specialist", "care_coordinator")
    for name, draft in (("high", HIGH), ("living", LIVING), ("turning", LIVING)):
        assert product.ask("PUT", f"/api/segments/{name}", body=draft, token=maker).status == 200
    assert product.ask("PUT", "/api/measures/latest", body=LATEST, token=maker).status == 200
    product.pass_by(timedelta(seconds=3))
    return product


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Name the export of a test."""
    return f"x{derived(request.node.name)[:12]}"


class Overtaken(FolderExportFiles):
    """Lets something happen at the moment when a manifest is put."""

    def __init__(self, product: Product, meanwhile: Callable[[], None]) -> None:
        super().__init__(product.app.folder / "exports", ids=product.app.ids)
        self._meanwhile = meanwhile

    def put(self, export_id: str, run_id: str, name: str, content: bytes) -> None:
        if name == MANIFEST:
            self._meanwhile()
        super().put(export_id, run_id, name, content)


def keeps(product: Product, draft: Mapping[str, Any], named: str, *roles: str, **headers: str) -> Answer:
    token = product.staff(*(roles or BOTH))
    return product.ask("PUT", f"/api/exports/{named}", body=draft, token=token, **headers)


def runs(product: Product, named: str) -> Answer:
    answer = product.ask("POST", f"/api/exports/{named}/runs", token=product.staff("data_administrator"))
    product.run()
    return answer


def latest(product: Product, named: str, role: str = "data_viewer") -> Any:
    return product.ask("GET", f"/api/exports/{named}", token=product.staff(role)).json["latest"]


def folder(product: Product, named: str) -> Path:
    return product.app.folder / "exports" / named


def lying(product: Product, name: str) -> list[Path]:
    """Give the folders of the exports of a test."""
    return [path for path in (product.app.folder / "exports").iterdir() if path.name.startswith(name)]


def fetched(product: Product, named: str) -> tuple[Any, list[dict[str, str]]]:
    """Fetch the latest run as others do, by its manifest, with every file checked: what it says of ours."""
    whole = sorted(folder(product, named).glob("*/manifest.json"))
    manifest = json.loads(whole[-1].read_text())
    rows: list[dict[str, str]] = []
    for part in manifest["parts"]:
        content = (whole[-1].parent / part["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (part["bytes"], part["sha256"])
        rows += csv.DictReader(io.StringIO(content.decode(), newline=""))
    assert len(rows) == manifest["count"]
    return manifest, [one for one in rows if one["patient_id"] in OURS]


class TestAnExport:
    def test_of_everybody_has_the_chosen_columns_and_no_others(self, house: Product, name: str) -> None:
        assert keeps(house, EVERYBODY, name).status == 200
        assert runs(house, name).status == 202

        manifest, rows = fetched(house, name)
        assert [one["name"] for one in manifest["columns"]] == [
            "patient_id",
            "gender",
            "birth_date",
            "is_active",
        ]
        assert [one["patient_id"] for one in rows] == ["ana", "john", "maria"]
        assert rows[0] == {
            "patient_id": "ana",
            "gender": "female",
            "birth_date": "1990-02-01",
            "is_active": "true",
        }
        stands = latest(house, name)
        assert (stands["status"], stands["rows"], stands["problem"]) == (
            "successful",
            manifest["count"],
            None,
        )

    def test_of_a_segment_has_its_members_since_when_they_are(self, house: Product, name: str) -> None:
        keeps(house, MEMBERS, name)
        runs(house, name)

        manifest, rows = fetched(house, name)
        assert manifest["of"] == "segment/living"
        assert {one["patient_id"] for one in rows} == {"ana", "john", "maria"}
        assert {one["since"] for one in rows} == {"2026-11-02T12:00:03+00:00"}

    def test_of_a_segment_whose_members_nobody_knows_yet_fails(self, house: Product, name: str) -> None:
        maker = house.staff("outreach_specialist")
        assert house.ask("PUT", f"/api/segments/{name}", body=LIVING, token=maker).status == 200
        keeps(house, MEMBERS | {"what": {"kind": "members", "segment_id": name}}, name)
        runs(house, name)

        assert (latest(house, name)["status"], latest(house, name)["problem"]) == (
            "failed",
            "MembersNotKnownYet",
        )
        house.pass_by(timedelta(seconds=3))
        runs(house, name)
        assert latest(house, name)["status"] == "successful"

    def test_of_a_measure_has_its_values(self, house: Product, name: str) -> None:
        keeps(house, VALUES, name)
        runs(house, name)

        assert fetched(house, name)[1] == [{"patient_id": "maria", "hba1c": "8.2"}]

    @pytest.mark.parametrize("calculation", ["patient_id", "by_code"])
    def test_of_a_measure_has_nothing_else_in_the_column_of_who_it_is(
        self, house: Product, name: str, calculation: str
    ) -> None:
        last = {"name": calculation, "function": "last", "column": "value"}
        measure = {**LATEST, "kind": "customer", "calculations": [last], "dimensions": [{"column": "code"}]}
        maker = house.staff("outreach_specialist", "care_coordinator")
        assert house.ask("PUT", f"/api/measures/{name}", body=measure, token=maker).status == 200
        house.pass_by(timedelta(seconds=3))
        keeps(house, {**VALUES, "what": {"kind": "values", "measure_id": name}}, name)
        runs(house, name)
        (row,) = fetched(house, name)[1]
        house.app.forget_in_exports(PatientId("maria"), now=house.clock.now())

        assert (row["patient_id"], row[f"value_{calculation}"]) == ("maria", "8.2")
        assert list(folder(house, name).glob("*/*")) == []

    def test_is_in_parquet_where_it_is_asked_for(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY | {"format": "parquet"}, name)
        runs(house, name)
        (part,) = folder(house, name).glob("*/part-*.parquet")
        asked = "SELECT patient_id, birth_date::VARCHAR, is_active FROM read_parquet($file) ORDER BY 1"
        with duckdb.connect(":memory:") as connection:
            found = connection.execute(asked, {"file": str(part)}).fetchall()
        assert found[0] == ("ana", "1990-02-01", True)

    def test_goes_part_by_part_each_once_however_often_it_is_told(self, house: Product, name: str) -> None:
        act = house.app.advance_export
        house.app.advance_export = replace(act, read_rows=replace(act.read_rows, at_once=1))
        keeps(house, EVERYBODY, name)
        runs(house, name)
        run = latest(house, name)["id"]
        for step in range(6):
            house.app.advance_export(AdvanceExport(name, run, step), now=house.clock.now())

        manifest, rows = fetched(house, name)
        assert [one["patient_id"] for one in rows] == ["ana", "john", "maria"]
        names = {path.name for path in folder(house, name).glob("*/*")}
        assert names == {"manifest.json", *(part["name"] for part in manifest["parts"])}

    def test_is_not_there_before_it_is_whole(self, house: Product, name: str) -> None:
        act = house.app.advance_export
        keeps(house, EVERYBODY, name)
        house.ask("POST", f"/api/exports/{name}/runs", token=house.staff("data_administrator"))
        run = latest(house, name)["id"]
        act(AdvanceExport(name, run, 0), now=house.clock.now())

        assert [path.suffix for path in folder(house, name).glob("*/*")] == [".csv"]
        house.run()
        assert fetched(house, name)[0]["count"] == 3

    def test_keeps_as_many_runs_as_it_says(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY | {"keep": 2}, name)
        for _ in range(4):
            runs(house, name)
            house.pass_by(timedelta(minutes=1))

        assert (
            len(list(folder(house, name).glob("*/manifest.json")))
            == len(list(folder(house, name).iterdir()))
            == 2
        )

    def test_runs_in_every_refresh_while_it_is_live(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY, name)
        keeps(house, EVERYBODY | {"state": "stopped"}, f"{name}-off")
        house.ask("POST", "/api/refreshes", token=house.staff("operator"))
        house.run()
        for _ in range(4):
            house.pass_by(timedelta(seconds=31))

        run = house.ask("GET", "/api/refreshes", token=house.staff("operator")).json["refreshes"][0]
        (stage,) = [one for one in run["stages"] if one["name"] == "exports"]
        assert (stage["status"], stage["handled"] > 0) == ("successful", True)
        assert (latest(house, name)["asked_by"], latest(house, f"{name}-off")) == ("house|refresh", None)

    def test_is_audited_when_it_is_changed_run_and_written(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY, name)
        runs(house, name)

        acts = [one["what"] for one in audited(house) if one["subject"] == f"export/{name}"]
        assert sorted(acts) == ["put_export", "run_export", "write_export"]

    def test_that_is_not_live_is_not_run(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY | {"state": "draft"}, name)

        assert (runs(house, name).status, runs(house, "nothing").status) == (409, 404)

    def test_under_way_is_not_begun_twice(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY, name)
        token = house.staff("data_administrator")
        first = house.ask("POST", f"/api/exports/{name}/runs", token=token).json["id"]
        second = house.ask("POST", f"/api/exports/{name}/runs", token=token).json["id"]
        house.pass_by(timedelta(hours=7))
        runs(house, name)

        assert first == second
        assert latest(house, name)["id"] != first

    def test_that_is_stopped_while_it_runs_leaves_nothing(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY, name)
        etag = house.ask("GET", f"/api/exports/{name}", token=house.staff("operator")).json["etag"]
        house.ask("POST", f"/api/exports/{name}/runs", token=house.staff("data_administrator"))
        house.app.advance_export(AdvanceExport(name, latest(house, name)["id"], 0), now=house.clock.now())
        keeps(house, EVERYBODY | {"state": "stopped"}, name, If_Match=etag)
        house.run()

        assert (latest(house, name)["status"], latest(house, name)["problem"]) == ("failed", "ExportStopped")
        assert list(folder(house, name).glob("*/*")) == []


class TestWhoMayExport:
    @pytest.mark.parametrize("draft", [CLINICAL, VALUES])
    def test_is_clinical_staff_alone_where_it_speaks_of_health(
        self, house: Product, name: str, draft: dict[str, Any]
    ) -> None:
        refused = keeps(house, draft, name, "marketing_manager")
        kept = keeps(house, draft, name)

        assert (refused.status, refused.json["type"]) == (403, "/problems/only-by-clinical-staff")
        assert kept.status == 200

    def test_is_asked_again_when_the_segment_has_come_to_speak_of_health(
        self, house: Product, name: str
    ) -> None:
        turning = MEMBERS | {"what": {"kind": "members", "segment_id": "turning"}}
        assert keeps(house, turning, name, "marketing_manager").status == 200
        maker = house.staff("outreach_specialist", "care_coordinator")
        etag = house.ask("GET", "/api/segments/turning", token=maker).json["etag"]
        house.ask("PUT", "/api/segments/turning", body=HIGH, token=maker, If_Match=etag)
        house.run()
        runs(house, name)

        assert (latest(house, name)["status"], latest(house, name)["problem"]) == (
            "failed",
            "OnlyByClinicalStaff",
        )
        assert list(folder(house, name).glob("*/*")) == []

    def test_tells_how_many_a_clinical_one_names_to_clinical_staff_alone(
        self, house: Product, name: str
    ) -> None:
        keeps(house, CLINICAL, name)
        runs(house, name)

        assert latest(house, name)["rows"] is None
        token = house.staff("data_viewer", "care_coordinator")
        assert house.ask("GET", f"/api/exports/{name}", token=token).json["latest"]["rows"] == 1

    @pytest.mark.parametrize("role", ["outreach_specialist", "data_viewer", "healthcare_user"])
    def test_is_who_administers_data_or_marketing(self, house: Product, name: str, role: str) -> None:
        assert keeps(house, EVERYBODY, name, role).status == 403


class TestNamesAndContactPoints:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"purpose": None}, "purpose"),
            ({"consented_for": None}, "consented_for"),
            ({"keep": 0}, "keep"),
            ({"keep": 31}, "keep"),
            ({"name": " "}, "name"),
            ({"what": {"kind": "members", "segment_id": "nothing"}}, "what.segment_id"),
            ({"what": {"kind": "values", "measure_id": "nothing"}}, "what.measure_id"),
            ({"what": {"kind": "patients", "columns": ["city", "city"]}}, "what.columns"),
        ],
    )
    def test_are_refused_by_the_path_of_what_is_wrong(
        self, house: Product, name: str, change: dict[str, Any], field: str
    ) -> None:
        answer = keeps(house, LETTERS | change, name)

        assert (answer.status, [one["field"] for one in answer.json["errors"]]) == (400, [field])

    def test_are_of_those_alone_who_may_be_written_to(self, house: Product, name: str) -> None:
        said = {"channel": "email", "purpose": "commercial", "choice": "opted_out"}
        keeps(house, LETTERS, name)
        runs(house, name)
        before = {one["patient_id"]: (one["phone"], one["email"]) for one in fetched(house, name)[1]}
        maria = house.patient("maria")
        assert house.ask("POST", "/api/me/consents", body=said, token=maria).status == 201
        house.pass_by(timedelta(minutes=1))
        runs(house, name)

        after = {one["patient_id"]: (one["phone"], one["email"]) for one in fetched(house, name)[1]}
        assert before == {
            "ana": ("", ""),
            "john": ("", ""),  # a text message needs a yes
            "maria": ("", "maria@example.org"),
        }
        house.ask("POST", "/api/me/consents", body=said | {"choice": "opted_in"}, token=maria)
        assert after["maria"] == ("", "")

    def test_are_everybodys_where_the_house_says_so_but_of_the_dead(self, house: Product, name: str) -> None:
        mail = [{"system": "email", "value": "late@example.org"}]
        house.write(a_patient("late", deceasedBoolean=True, telecom=mail))
        house.run()
        keeps(house, LETTERS | {"consented_for": "anybody"}, name)
        runs(house, name)

        found = {one["patient_id"]: (one["phone"], one["email"]) for one in fetched(house, name)[1]}
        assert found == {
            "ana": ("", ""),
            "john": ("+46701740606", ""),
            "late": ("", ""),
            "maria": ("", "maria@example.org"),
        }

    def test_are_no_formulas_in_csv(self, house: Product, name: str) -> None:
        keeps(house, LETTERS, name)
        runs(house, name)

        assert "'=HYPERLINK(0)" in {one["family"] for one in fetched(house, name)[1]}


class TestSomebodyWhoIsErased:
    def test_is_taken_away_with_the_runs_in_which_they_stand(self, house: Product, name: str) -> None:
        for named, draft in (("a", EVERYBODY), ("b", VALUES), ("c", EVERYBODY | {"format": "parquet"})):
            keeps(house, draft, f"{name}-{named}")
            runs(house, f"{name}-{named}")
        house.app.forget_in_exports(PatientId("john"), now=house.clock.now())

        left = {
            path.name.removeprefix(f"{name}-"): len(list(path.glob("*/*"))) for path in lying(house, name)
        }
        assert left == {"a": 0, "b": 2, "c": 0}

    def test_ends_the_run_that_has_read_them(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY, name)
        house.ask("POST", f"/api/exports/{name}/runs", token=house.staff("data_administrator"))
        run = latest(house, name)["id"]
        house.app.advance_export(AdvanceExport(name, run, 0), now=house.clock.now())
        house.app.forget_in_exports(PatientId("john"), now=house.clock.now())
        house.run()

        assert (latest(house, name)["status"], list(folder(house, name).glob("*/*"))) == ("failed", [])
        house.pass_by(timedelta(minutes=1))
        assert (runs(house, name).status, latest(house, name)["status"]) == (202, "successful")

    def test_and_a_run_that_ends_late_takes_none_away_that_came_after(
        self, house: Product, name: str
    ) -> None:
        """Another had begun to end its run when the person was erased, and somebody asked anew."""
        keeps(house, EVERYBODY, name)
        token = house.staff("data_administrator")
        house.ask("POST", f"/api/exports/{name}/runs", token=token)
        early = latest(house, name)["id"]
        advance = replace(house.app.advance_export, read_rows=replace(house.app.export_rows, at_once=1000))
        advance(AdvanceExport(name, early, 0), now=house.clock.now())

        def meanwhile() -> None:
            house.app.forget_in_exports(PatientId("john"), now=house.clock.now())
            house.pass_by(timedelta(minutes=1))
            house.ask("POST", f"/api/exports/{name}/runs", token=token)
            advance(AdvanceExport(name, latest(house, name)["id"], 0), now=house.clock.now())

        late = replace(advance, files=Overtaken(house, meanwhile))
        with pytest.raises(LostRace):
            late(AdvanceExport(name, early, 1), now=house.clock.now())
        house.run()

        assert fetched(house, name)[0]["run_id"] == latest(house, name)["id"] != early
        assert [path.parent.name for path in folder(house, name).glob("*/manifest.json")] != [early]

    def test_leaves_no_mark_of_theirs_in_the_run_that_was_ended(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY, name)
        house.ask("POST", f"/api/exports/{name}/runs", token=house.staff("data_administrator"))
        run, documents = latest(house, name)["id"], house.app.documents
        rows = replace(house.app.export_rows, at_once=1)
        replace(house.app.advance_export, read_rows=rows)(AdvanceExport(name, run, 0), now=house.clock.now())
        stood = run_of(documents, name, run)
        house.app.forget_in_exports(PatientId("ana"), now=house.clock.now())
        stands = run_of(documents, name, run)

        assert stood is not None
        assert stands is not None
        assert (stood.body.mark is not None, stands.body.mark) == (True, None)

    def test_takes_what_a_killed_process_had_begun_to_write(self, house: Product, name: str) -> None:
        keeps(house, EVERYBODY, name)
        runs(house, name)
        (lost,) = folder(house, name).iterdir()
        for path in lost.iterdir():
            path.rename(path.with_name(f"{path.name}.killed.part"))
        house.app.forget_in_exports(PatientId("john"), now=house.clock.now())

        assert list(folder(house, name).glob("*/*")) == []

    def test_is_by_a_data_request(self, house: Product, name: str) -> None:
        house.write(a_patient("eve"))
        house.run()
        keeps(house, EVERYBODY, name)
        runs(house, name)
        officer = house.staff("privacy_officer")
        asked = {"kind": "erase", "patient_id": "eve", "why": "Asked by letter"}
        answer = house.ask("POST", "/api/data-requests", body=asked, token=officer)
        house.run()

        assert answer.status == 202, answer.json
        assert list(folder(house, name).glob("*/*")) == []
