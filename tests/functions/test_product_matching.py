"""Whose records are whose: kept, previewed, run, reviewed and undone through the doors (UN-1…UN-11)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.queues import OutgoingMessage
from tests.support.product import Answer, Product, spelt
from tests.support.product_story import audited

PATIENT_COLUMNS = [
    {"name": "given", "meaning": "Person.FirstName"},
    {"name": "family", "meaning": "Person.LastName"},
    {"name": "birthDate", "meaning": "Person.BirthDate"},
    {"name": "phone", "meaning": "Identity.Service.Phone"},
    {"name": "postalCode", "meaning": "Location.PostalCode"},
    {"name": "line", "meaning": "Location.Address"},
]
CLINIC_COLUMNS = [column | {"name": column["name"].upper()} for column in PATIENT_COLUMNS]
CLINIC = {"id": "clinic", "key": "NO", "columns": CLINIC_COLUMNS}
PORTAL = CLINIC | {"id": "portal", "self_asserted": True}
SOURCES: list[dict[str, Any]] = [
    {"id": "hospital", "reads": "record", "columns": PATIENT_COLUMNS, "updated": "updated"},
    CLINIC,
    PORTAL,
]
EVERYBODY: dict[str, Any] = {
    "name": "Everybody",
    "sources": SOURCES,
}
HEADER = "NO,GIVEN,FAMILY,BIRTHDATE,PHONE,POSTALCODE,LINE\n"
ADA = "Ada,O'Brien,1990-01-02,+44 113 496 0001,LS1 4AP,1 Mill Lane\n"
ADA_OTHERWISE = "ADA,OBrien,19900102,+44 (0)113 4960001,ls14ap,1 Mill Ln\n"
EVE = "Eve,O'Brien,1990-01-02,+44 113 496 0001,LS1 4AP,1 Mill Lane\n"


def a_patient_called(given: str, **changed: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": given.lower(),
        "name": [{"given": [given], "family": "O'Brien"}],
        "birthDate": "1990-01-02",
        "telecom": [{"system": "phone", "value": "+44 113 496 0001"}],
        "address": [{"line": ["1 Mill Lane"], "postalCode": "LS1 4AP"}],
    } | changed


class Desk:
    """A data administrator's desk."""

    def __init__(self, product: Product, folder: Path) -> None:
        self.product = product
        self._folder = folder

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        token = self.product.staff("data_administrator")
        return self.product.ask(method, f"/api/matchings{path}", body=body, token=token, **headers)

    def put(self, draft: Mapping[str, Any] = EVERYBODY, **headers: str) -> Answer:
        return self.ask("PUT", "/all", draft, **headers)

    def put_down(self, source: str, *rows: str) -> None:
        folder = self._folder / "sources" / source
        folder.mkdir(parents=True, exist_ok=True)
        numbered = [f"{source[0]}{number},{row}" for number, row in enumerate(rows, start=1)]
        (folder / "today.csv").write_text(HEADER + "".join(numbered))

    def run(self, *, full: bool = False) -> Any:
        asked = self.ask("POST", f"/all/runs{'?full=true' if full else ''}", {})
        assert asked.status == 202, asked.json
        self.product.run()
        run = self.product.ask(
            "GET", asked.headers["location"], token=self.product.staff("data_administrator")
        ).json
        assert run["state"] == "done", run
        return run

    def persons(self, standing: str = "several") -> dict[str, list[str]]:
        found = self.ask("GET", f"/all/persons?standing={standing}").json["items"]
        return {one["id"]: [record["key"] for record in one["records"]] for one in found}

    def everybody(self) -> list[list[str]]:
        return sorted([*self.persons().values(), *self.persons("single").values()])

    def person(self, person_id: str) -> Any:
        return self.ask("GET", f"/all/persons/{person_id}").json

    def review(self, verdict: str, persons: Sequence[str], *records: tuple[str, str]) -> Answer:
        body = {"verdict": verdict, "persons": list(persons), "reason": "Rang her up"}
        told = {"records": [{"source": source, "key": key} for source, key in records]} if records else {}
        answer = self.ask("POST", "/all/reviews", body | told)
        self.product.pass_by(timedelta(seconds=1))
        return answer


@pytest.fixture
def desk(product: Product, tmp_path: Path) -> Desk:
    desk = Desk(product, tmp_path)
    product.write(a_patient_called("Ada"))
    desk.put_down("clinic", ADA_OTHERWISE, EVE)
    desk.put_down("portal", ADA)
    assert desk.put().status == 200
    return desk


class TestAMatching:
    def test_is_kept_in_versions_and_changed_only_by_who_has_seen_it(self, desk: Desk) -> None:
        seen = desk.ask("GET", "/all")
        again = desk.put()
        changed = desk.put(EVERYBODY | {"name": "All"}, If_Match=seen.headers["etag"])

        assert again.status == 409
        assert changed.json["matching"]["version"] == 2
        assert desk.put(If_Match=seen.headers["etag"]).status == 412
        listed = desk.ask("GET", "").json["items"]
        assert [(one["id"], one["name"], one["version"]) for one in listed] == [("all", "All", 2)]

    @pytest.mark.parametrize(
        ("rule", "field"),
        [
            ({"conditions": [{"field": "last_name", "precision": "high"}]}, "sources.0.dedupe.0.conditions"),
            ({"conditions": [{"field": "gender"}]}, "sources.0.dedupe.0.conditions.0.field"),
            ({"conditions": []}, "sources.0.dedupe.0.conditions"),
            (
                {"conditions": [{"field": "phone"}, {"field": "last_name", "precision": 0}]},
                "sources.0.dedupe.0.conditions.1.precision",
            ),
            (
                {"conditions": [{"field": "phone", "differs": True}]},
                "sources.0.dedupe.0.conditions.0.differs",
            ),
        ],
    )
    def test_is_refused_by_the_path_of_what_is_wrong(self, desk: Desk, rule: Any, field: str) -> None:
        source = SOURCES[0] | {"dedupe": [{"name": "one"} | rule]}

        answer = desk.ask("PUT", "/other", EVERYBODY | {"sources": [source]})

        assert answer.status == 400
        assert field in answer.fields

    def test_knows_the_records_patients_by_their_id_alone(self, desk: Desk) -> None:
        answer = desk.ask("PUT", "/other", EVERYBODY | {"sources": [SOURCES[0] | {"key": "identifier"}]})

        assert answer.status == 400
        assert answer.fields == {"sources.0.key"}

    def test_is_for_data_administrators_alone(self, product: Product) -> None:
        for role in ("operator", "care_coordinator", "marketing_manager"):
            assert product.ask("GET", "/api/matchings", token=product.staff(role)).status == 403


class TestARun:
    def test_finds_one_person_in_record_and_files_and_leaves_the_rest(self, desk: Desk) -> None:
        run = desk.run()

        assert desk.everybody() == [["ada", "c1"], ["c2"], ["p1"]]
        assert (run["persons"], run["of_several_records"], run["proposals"]) == (3, 1, 2)
        found = {one["rule"]: one["pairs"] for one in run["rules"]}
        assert found["name and birth date, postcode"] == 3
        assert [(one["source"], one["records"]) for one in run["sources"]] == [
            ("hospital", 1),
            ("clinic", 2),
            ("portal", 1),
        ]

    def test_shows_the_values_that_hold_and_why_and_who_lives_together(self, desk: Desk) -> None:
        desk.run()
        (ada,) = desk.persons()
        twin = next(one for one, keys in desk.persons("single").items() if keys == ["c2"])

        person = desk.person(ada)

        assert person["values"]["first_name"] == "Ada"
        assert person["links"][0]["why"]["rule"] == "name and birth date, postcode"
        assert person["household"] == desk.person(twin)["household"]
        assert [record["ref"]["key"] for record in person["records"]] == ["ada", "c1"]

    def test_again_changes_nothing(self, desk: Desk) -> None:
        desk.run()
        before = desk.persons()

        run = desk.run()

        assert run["changed"] == 0
        assert desk.persons() == before

    def test_told_twice_or_stopped_half_way_comes_to_the_same(self, desk: Desk) -> None:
        run = desk.run()
        before = desk.persons() | desk.persons("single")
        told = {"matching_id": "all", "run_id": run["id"]}

        queues = desk.product.app.queues
        queues.send("matching-work", [OutgoingMessage("again", spelt(told), session="all")])
        desk.product.run()

        assert desk.persons() | desk.persons("single") == before
        assert not desk.product.failures

    def test_keeps_the_ids_of_who_comes_and_goes(self, desk: Desk) -> None:
        desk.run()
        (ada,) = desk.persons()
        desk.put_down("clinic", EVE.replace("1990", "1961"))

        desk.run()

        assert desk.persons("single")[ada] == ["ada"]

    def test_of_a_source_that_is_not_there_says_so(self, desk: Desk) -> None:
        draft = EVERYBODY | {"sources": [CLINIC | {"id": "nowhere"}]}
        etag = desk.ask("GET", "/all").headers["etag"]
        assert desk.put(draft, If_Match=etag).status == 200

        asked = desk.ask("POST", "/all/runs", {})
        desk.product.run()

        assert desk.ask("GET", f"/all/runs/{asked.json['id']}").json["state"] == "failed"

    def test_that_was_asked_for_twice_under_one_key_is_one(self, desk: Desk) -> None:
        first = desk.ask("POST", "/all/runs", {}, Idempotency_Key="today")
        again = desk.ask("POST", "/all/runs", {}, Idempotency_Key="today")

        assert first.json["id"] == again.json["id"]


class TestAnIncrementalRun:
    def test_compares_what_has_changed_and_leaves_the_rest(self, desk: Desk) -> None:
        first = desk.run()
        before = desk.everybody()
        desk.put_down("clinic", ADA_OTHERWISE, EVE, ADA)

        run = desk.run()

        assert (first["kind"], first["because"], first["compared"]) == ("full", "no_run_before", 4)
        assert (run["kind"], run["because"], run["compared"], run["gone"]) == ("incremental", None, 1, 0)
        assert before == [["ada", "c1"], ["c2"], ["p1"]]
        assert desk.everybody() == [["ada", "c1", "c3"], ["c2"], ["p1"]]
        assert (run["persons"], run["of_several_records"], run["proposals"]) == (3, 1, 3)

    def test_parts_whom_a_record_that_is_gone_had_joined(self, desk: Desk) -> None:
        desk.run()
        desk.put_down("clinic", EVE)

        run = desk.run()

        assert (run["kind"], run["compared"], run["gone"]) == ("incremental", 1, 1)
        assert desk.everybody() == [["ada"], ["c1"], ["p1"]]

    def test_is_a_full_one_where_somebody_asks_for_it_or_rules_have_changed(self, desk: Desk) -> None:
        desk.run()
        asked = desk.run(full=True)
        etag = desk.ask("GET", "/all").json["etag"]
        desk.put(EVERYBODY | {"name": "All"}, If_Match=etag)
        renamed = desk.run()
        etag = desk.ask("GET", "/all").json["etag"]
        desk.put(EVERYBODY | {"household": ["address"]}, If_Match=etag)
        changed = desk.run()

        told = [(one["kind"], one["because"]) for one in (asked, renamed, changed)]
        assert told == [("full", "asked_for"), ("incremental", None), ("full", "definition_changed")]

    def test_is_foreseen_by_the_preview(self, desk: Desk) -> None:
        untried = desk.ask("POST", "/all/preview", EVERYBODY).json
        desk.run()
        tried = desk.ask("POST", "/all/preview", EVERYBODY).json
        without: dict[str, Any] = {**EVERYBODY, "exceptions": []}
        otherwise = desk.ask("POST", "/all/preview", without).json

        told = [(one["kind"], one["because"]) for one in (untried, tried, otherwise)]
        assert told == [("full", "no_run_before"), ("incremental", None), ("full", "definition_changed")]

    def test_is_asked_for_in_words_that_are_known(self, desk: Desk) -> None:
        assert desk.ask("POST", "/all/runs?ful=true", {}).status == 400
        assert desk.ask("POST", "/all/runs?full=perhaps", {}).fields == {"full"}


class TestAPreview:
    def test_shows_what_would_be_parted_and_put_together_and_keeps_nothing(self, desk: Desk) -> None:
        desk.run()
        (ada,) = desk.persons()
        before = desk.everybody()
        footprint = desk.product.footprint()
        strict: list[Any] = [source | {"dedupe": [], "match": []} for source in SOURCES]

        parted = desk.ask("POST", "/all/preview", EVERYBODY | {"sources": strict}).json
        usual: dict[str, Any] = {**EVERYBODY, "exceptions": []}
        joined = desk.ask("POST", "/all/preview", usual).json

        assert (parted["splits"], parted["split"], parted["merges"]) == (1, [ada], 0)
        assert (joined["splits"], joined["merges"], joined["persons_now"]) == (0, 0, 3)
        assert desk.everybody() == before
        assert desk.product.footprint() == footprint


class TestAReview:
    def test_of_what_people_say_of_themselves_joins_it_and_every_run_keeps_to_it(self, desk: Desk) -> None:
        desk.run()
        (ada,) = desk.persons()
        portal = next(one for one, keys in desk.persons("single").items() if keys == ["p1"])

        assert desk.review("same", [ada, portal]).status == 202

        assert sorted(desk.persons()[ada]) == ["ada", "c1", "p1"]
        assert desk.person(portal)["merged_into"] == ada
        assert desk.person(ada)["previous_ids"] == [portal]
        assert desk.ask("GET", "/all/proposals").json["items"] == []
        desk.run()
        assert sorted(desk.persons()[ada]) == ["ada", "c1", "p1"]

    def test_undoes_a_merge_and_gives_the_former_id_back(self, desk: Desk) -> None:
        desk.run()
        (ada,) = desk.persons()
        portal = next(one for one, keys in desk.persons("single").items() if keys == ["p1"])
        desk.review("same", [ada, portal])

        desk.review("different", [ada], ("portal", "p1"))

        assert sorted(desk.persons()[ada]) == ["ada", "c1"]
        assert desk.persons("single")[portal] == ["p1"]
        desk.run()
        assert sorted(desk.persons()[ada]) == ["ada", "c1"]
        assert desk.ask("GET", "/all/proposals").json["items"] == [], "it has been decided"

    def test_parts_what_a_rule_had_joined_for_good(self, desk: Desk) -> None:
        desk.run()
        (ada,) = desk.persons()

        desk.review("different", [ada], ("clinic", "c1"))

        assert desk.everybody() == [["ada"], ["c1"], ["c2"], ["p1"]]
        desk.run()
        assert desk.everybody() == [["ada"], ["c1"], ["c2"], ["p1"]]

    def test_names_records_that_are_there(self, desk: Desk) -> None:
        desk.run()
        (ada,) = desk.persons()

        assert desk.review("different", [ada], ("portal", "p1")).status == 422
        assert desk.review("different", [ada], ("clinic", "c1"), ("hospital", "ada")).status == 422
        assert desk.review("different", [ada]).fields == {"records"}
        assert desk.review("same", [ada]).fields == {"persons"}
        assert desk.review("same", [ada, "nobody"]).status == 404

    def test_is_audited_as_reads_and_runs_are(self, desk: Desk) -> None:
        desk.run()
        (ada,) = desk.persons()
        desk.person(ada)
        desk.review("different", [ada], ("clinic", "c1"))

        done = {(entry["what"], entry["subject"], entry["why"]) for entry in audited(desk.product)}

        assert {
            ("put_matching", "matching/all", None),
            ("start_matching_run", "matching/all", None),
            ("read_person", f"person/{ada}", None),
            ("review_persons", "matching/all", "Rang her up"),
        } <= done


class TestARefresh:
    def refreshed(self, desk: Desk) -> tuple[str, int, str | None]:
        product = desk.product
        product.ask("POST", "/api/refreshes", token=product.staff("operator"))
        for _ in range(3):
            product.pass_by(timedelta(seconds=31))
        run = product.ask("GET", "/api/refreshes", token=product.staff("operator")).json["refreshes"][0]
        (stage,) = [one for one in run["stages"] if one["name"] == "matchings"]
        return stage["status"], stage["handled"], stage["problem"]

    def test_runs_again_what_somebody_has_had_run(self, desk: Desk) -> None:
        untried = self.refreshed(desk)
        desk.run()
        desk.put_down("portal", ADA, EVE)
        tried = self.refreshed(desk)

        assert (untried, tried) == (("successful", 0, None), ("successful", 1, None))
        assert sum(map(len, desk.everybody())) == 5
        runs = [one["who"] for one in audited(desk.product) if one["what"] == "start_matching_run"]
        assert runs.count("house|refresh") == 1

    def test_leaves_a_definition_that_nobody_has_run_to_a_person(self, desk: Desk) -> None:
        desk.run()
        etag = desk.ask("GET", "/all").json["etag"]
        desk.put(EVERYBODY | {"name": "Everybody we know"}, If_Match=etag)

        assert self.refreshed(desk) == ("successful", 0, None)

    def test_says_that_a_run_failed(self, desk: Desk, tmp_path: Path) -> None:
        desk.run()
        (tmp_path / "sources" / "clinic" / "today.csv").write_text("NOTHING,THAT,WE,KNOW\n1,2,3,4\n")

        assert self.refreshed(desk) == ("failed", 0, "StagePartFailed")
