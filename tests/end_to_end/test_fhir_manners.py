"""More of what the embedded FHIR server has in common with Azure Health Data Services (fhir.md §2.4)."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.fhir_faults import Fault
from shared.adapters.fhir_search_parameters import NOT_SEARCHABLE, parameters_of
from shared.adapters.fhir_search_query import question
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.refusals import NotSupported
from shared.kernel.clock import StoppedClock
from tests.support.fhir_http import FhirHouse, emptied, entry, fhir_house, issue, put, send
from tests.support.fhir_people import a_patient, a_slot, an_appointment, an_hba1c

STRICT = {"prefer": "handling=strict"}
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def clock() -> StoppedClock:
    return StoppedClock(NOON)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, clock: StoppedClock) -> Iterator[FhirHouse]:
    folder: Path = tmp_path_factory.mktemp("fhir")
    record = SqliteRecord(folder / "record.db", clock=clock)
    with closing(record), fhir_house(record, folder / "record.db") as house:
        yield house


@pytest.fixture
def house(served: FhirHouse) -> FhirHouse:
    return emptied(served)


def ids(bundle: dict[str, Any]) -> list[str]:
    return [one["resource"]["id"] for one in bundle.get("entry", [])]


def next_of(bundle: dict[str, Any]) -> str:
    return next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")


class TestATransaction:
    def test_deletes_creates_updates_patches_and_reads_in_that_order(self, house: FhirHouse) -> None:
        """Each entry would fail, or say another thing, if it came a place earlier or later."""
        put(house, a_patient("old"))
        put(house, a_patient("kept", given="Eva"))
        rename = {
            "resourceType": "Binary",
            "data": "W3sib3AiOiJhZGQiLCJwYXRoIjoiL2FjdGl2ZSIsInZhbHVlIjpmYWxzZX1d",
        }

        response = send(
            house,
            "transaction",
            entry("GET", "Patient?given=Maria&active=true"),
            entry("PATCH", "Patient/kept", rename),
            entry("PUT", "Patient/fresh", a_patient("fresh")),
            {**entry("POST", "Patient", a_patient(), ifNoneExist="given=Maria"), "fullUrl": "urn:uuid:1"},
            entry("DELETE", "Patient/old"),
        )

        assert response.status_code == 200
        found, patched, updated, created, deleted = response.json()["entry"]
        assert deleted["response"]["status"] == "204"
        assert created["response"]["status"] == "201"  # "old", who met the condition, had gone
        assert updated["response"]["status"] == "201"
        assert patched["resource"]["active"] is False
        assert set(ids(found["resource"])) == {"fresh", created["resource"]["id"]}

    def test_with_a_condition_that_several_meet_is_412_and_undone(self, house: FhirHouse) -> None:
        for id_ in ("a", "b"):
            put(house, a_patient(id_))
        anyone = {name: value for name, value in a_patient().items() if name != "id"}

        for conditional in (
            entry("POST", "Patient", anyone, ifNoneExist="family=Lindström"),
            entry("PUT", "Patient?family=Lindström", anyone),
        ):
            response = send(house, "transaction", entry("PUT", "Slot/nine", a_slot()), conditional)

            assert (response.status_code, issue(response)["code"]) == (412, "multiple-matches")
            assert house.http.get("/Slot/nine").status_code == 404
            assert house.http.get("/Slot/_history").json().get("entry") is None

    def test_that_is_undone_leaves_versions_searches_and_deletions_as_they_were(
        self, house: FhirHouse
    ) -> None:
        put(house, a_slot())
        put(house, a_patient())

        response = send(
            house,
            "transaction",
            entry("DELETE", "Patient/maria"),
            entry("PUT", "Slot/nine", a_slot(status="busy"), ifMatch='W/"1"'),
            entry("PUT", "Slot/ten", a_slot("ten"), ifMatch='W/"1"'),
        )

        assert response.status_code == 404
        assert house.http.get("/Patient/maria").headers["etag"] == 'W/"1"'
        assert ids(house.http.get("/Slot?status=free").json()) == ["nine"]
        assert len(house.http.get("/_history").json()["entry"]) == 2


class TestASearch:
    def test_gives_ten_unless_told(self, house: FhirHouse) -> None:
        house.record.load([a_slot(f"s{number}") for number in range(11)])

        first = house.http.get("/Slot").json()

        assert (len(ids(first)), "total" in first) == (10, False)
        assert len(ids(house.http.get(next_of(first)).json())) == 1
        assert len(ids(house.http.get("/Slot?_count=11").json())) == 11

    def test_sorts_by_one_and_bounds_by_the_last_write(self, house: FhirHouse, clock: StoppedClock) -> None:
        house.record.load([a_slot("late", start="2026-04-02T09:00:00Z")])
        clock.pass_by(timedelta(hours=1))
        house.record.load([a_slot("early", start="2026-04-01T09:00:00Z")])
        written = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

        assert ids(house.http.get("/Slot?_sort=start").json()) == ["early", "late"]
        assert ids(house.http.get("/Slot?_sort=-start").json()) == ["late", "early"]
        assert ids(house.http.get(f"/Slot?_lastUpdated=ge{written}").json()) == ["early"]
        assert ids(house.http.get(f"/Slot?_lastUpdated=lt{written}").json()) == ["late"]
        assert house.http.get("/Slot?_sort=start,status").status_code == 400

    def test_goes_one_link_further_either_way(self, house: FhirHouse) -> None:
        house.record.load([a_patient(), a_patient("joao", family="da Conceição"), an_hba1c(of="joao")])
        house.record.load([an_appointment(of="joao"), a_slot()])

        assert ids(house.http.get("/Observation?patient.family=DA conceicao").json()) == ["hba1c"]
        assert ids(house.http.get("/Observation?subject:Patient.family=lind").json()) == []
        assert ids(house.http.get("/Patient?_has:Observation:patient:code=4548-4").json()) == ["joao"]
        beside = house.http.get("/Slot?_revinclude=Appointment:slot").json()["entry"]
        assert [(one["resource"]["id"], one["search"]["mode"]) for one in beside] == [
            *(("nine", "match"), ("visit", "include"))
        ]

    @pytest.mark.parametrize(
        ("type_", "query"),
        [
            ("Observation", "code:in=http://example.org/set"),
            ("Observation", "code:not-in=http://example.org/set"),
            ("Condition", "code:above=1"),
            ("Condition", "code:below=1"),
        ],
    )
    def test_by_a_modifier_that_is_not_ours_is_400_even_when_lenient(
        self, house: FhirHouse, type_: str, query: str
    ) -> None:
        assert house.http.get(f"/{type_}?{query}").status_code == 400


class TestHistory:
    def test_of_everything_tells_every_version_and_pages_while_more_is_written(
        self, house: FhirHouse
    ) -> None:
        put(house, a_patient())
        put(house, a_slot())
        house.http.delete("/Slot/nine")
        seen = list[str]()

        bundle = house.http.get("/_history?_count=1").json()
        while True:
            put(house, a_patient(f"newcomer-{len(seen)}"))
            seen += [one["response"]["etag"] + one["request"]["url"] for one in bundle["entry"]]
            if not next_of(bundle):
                break
            bundle = house.http.get(next_of(bundle)).json()

        assert seen == ['W/"2"Slot/nine', 'W/"1"Slot/nine', 'W/"1"Patient/maria']

    def test_since_leaves_out_what_was_before(self, house: FhirHouse, clock: StoppedClock) -> None:
        put(house, a_slot())
        clock.pass_by(timedelta(minutes=1))
        since = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        put(house, a_slot(status="busy"))

        for path in ("/_history", "/Slot/_history", "/Slot/nine/_history"):
            entries = house.http.get(path, params={"_since": since}).json()["entry"]
            assert [one["response"]["etag"] for one in entries] == ['W/"2"']

    @pytest.mark.parametrize("query", ["_since=yesterday", "_count=many", "ct=1", "ct=a.b.c", "ct=1.2.3.4"])
    def test_that_cannot_be_read_is_400(self, house: FhirHouse, query: str) -> None:
        assert house.http.get(f"/Slot/_history?{query}").status_code == 400


class TestAHardDelete:
    def test_takes_the_past_away_too_and_tells_nobody(self, house: FhirHouse) -> None:
        put(house, a_slot())
        put(house, a_slot(status="busy"))
        told = len(house.record.events(0, 100))

        response = house.http.delete("/Slot/nine?hardDelete=true")

        assert response.status_code == 204
        for path in ("/Slot/nine", "/Slot/nine/_history", "/Slot/nine/_history/1"):
            assert house.http.get(path).status_code == 404
        assert ids(house.http.get("/Slot?status=busy").json()) == []
        assert len(house.record.events(0, 100)) == told

    def test_lets_versions_begin_anew(self, house: FhirHouse) -> None:
        for _ in range(2):
            put(house, a_slot())
            put(house, a_slot(status="busy"))
            house.http.delete("/Slot/nine", params={"hardDelete": "true"})

        assert put(house, a_slot()).headers["etag"] == 'W/"1"'

    def test_is_told_to_who_follows_the_changes(self, house: FhirHouse) -> None:
        put(house, a_slot())
        put(house, a_slot("ten"))
        mark = house.record.changes(None, types=["Slot"]).mark
        for id_ in ("nine", "ten"):
            house.http.delete(f"/Slot/{id_}?hardDelete=true")
        put(house, a_slot("ten"))

        changes = house.record.changes(mark, types=["Slot"])

        assert changes.gone == (("Slot", "nine"),)
        assert [one["id"] for one in changes.resources] == ["ten"]

    def test_goes_by_the_version_and_may_be_conditional(self, house: FhirHouse) -> None:
        put(house, a_slot())

        stale = house.http.delete("/Slot/nine?hardDelete=true", headers={"if-match": 'W/"2"'})
        met = house.http.delete("/Slot?status=free&hardDelete=true")

        assert (stale.status_code, met.status_code) == (412, 204)
        assert house.http.get("/Slot/nine").status_code == 404


class TestAPolicyOfVersions:
    def test_refuses_to_write_over_what_nobody_says_they_saw(
        self, tmp_path: Path, clock: StoppedClock
    ) -> None:
        record = SqliteRecord(tmp_path / "record.db", clock=clock, must_match=frozenset({"Slot"}))
        with closing(record), fhir_house(record, tmp_path / "record.db") as house:
            first, blind = put(house, a_slot()), put(house, a_slot(status="busy"))
            seeing = put(house, a_slot(status="busy"), **{"if-match": 'W/"1"'})
            other = [put(house, a_patient(given=given)).status_code for given in ("Maria", "Eva")]

        assert (first.status_code, blind.status_code, seeing.status_code) == (201, 400, 200)
        assert issue(blind)["expression"] == ["If-Match"]
        assert other == [201, 200]


class TestAFault:
    def test_may_begin_within_a_batch(self, house: FhirHouse) -> None:
        house.faults.expect(Fault(from_entry=1))

        response = send(house, "batch", *(entry("PUT", f"Slot/s{n}", a_slot(f"s{n}")) for n in range(3)))

        assert response.status_code == 200
        assert [one["response"]["status"] for one in response.json()["entry"]] == ["201", "429", "429"]
        assert response.json()["entry"][2]["response"]["outcome"]["issue"][0]["code"] == "throttled"
        assert house.http.get("/Slot/s1").status_code == 404

    @pytest.mark.parametrize("status", [408, 409, 503])
    def test_undoes_nothing_of_what_was_there(self, house: FhirHouse, status: int) -> None:
        house.faults.expect(Fault(status))

        assert send(house, "transaction", entry("PUT", "Slot/nine", a_slot())).status_code == status
        assert house.http.get("/Slot/nine").status_code == 404


class TestTheCapabilityStatement:
    def test_claims_operations_that_answer(self, house: FhirHouse) -> None:
        rest = house.http.get("/metadata").json()["rest"][0]
        levels = {one["type"]: one["operation"] for one in rest["resource"] if "operation" in one}

        assert [one["name"] for one in rest["operation"]] == ["export"]
        assert {type_: [one["name"] for one in some] for type_, some in levels.items()} == {
            "Patient": ["export"],
            "Group": ["export"],
        }
        put(house, {"resourceType": "Group", "id": "g", "type": "person", "actual": True})
        for path in ("/$export", "/Patient/$export", "/Group/g/$export"):
            assert house.http.get(path, headers={"prefer": "respond-async"}).status_code == 202

    def test_claims_interactions_that_answer(self, house: FhirHouse) -> None:
        put(house, a_slot())
        claimed = house.http.get("/metadata").json()["rest"][0]
        done = {
            "read": house.http.get("/Slot/nine"),
            "vread": house.http.get("/Slot/nine/_history/1"),
            "update": put(house, a_slot(status="busy")),
            "patch": house.http.patch(
                "/Slot/nine", content=b"[]", headers={"content-type": "application/json-patch+json"}
            ),
            "history-instance": house.http.get("/Slot/nine/_history"),
            "history-type": house.http.get("/Slot/_history"),
            "history-system": house.http.get("/_history"),
            "create": house.http.post("/Slot", json=a_slot()),
            "search-type": house.http.get("/Slot"),
            "delete": house.http.delete("/Slot/nine"),
            "transaction": send(house, "transaction"),
            "batch": send(house, "batch"),
        }

        slot = next(one for one in claimed["resource"] if one["type"] == "Slot")
        codes = {one["code"] for one in (*slot["interaction"], *claimed["interaction"])}
        assert codes == done.keys()
        assert {name for name, response in done.items() if not response.is_success} == set()

    def test_names_no_parameter_without_which_strict_handling_would_answer(self, house: FhirHouse) -> None:
        resources = house.http.get("/metadata").json()["rest"][0]["resource"]
        claimed = {one["type"]: {parameter["name"] for parameter in one["searchParam"]} for one in resources}
        everywhere = {name for parameters in claimed.values() for name in parameters}

        assert house.http.get("/Slot?birthdate=2026", headers=STRICT).status_code == 400
        for type_, parameters in claimed.items():
            for name in everywhere - parameters:
                with pytest.raises(NotSupported):
                    question(type_, [(name, "2026")], strict=True)

    def test_claims_inclusions_that_answer(self, house: FhirHouse) -> None:
        for one in house.http.get("/metadata").json()["rest"][0]["resource"]:
            named = [("_include", value) for value in one.get("searchInclude", [])]
            named += [("_revinclude", value) for value in one.get("searchRevInclude", [])]
            response = house.http.get(f"/{one['type']}", params=named, headers=STRICT)
            assert response.status_code == 200, one["type"]

    @pytest.mark.parametrize(("type_", "name"), sorted(NOT_SEARCHABLE))
    def test_strict_handling_says_why_it_does_not_answer(
        self, house: FhirHouse, type_: str, name: str
    ) -> None:
        assert name not in parameters_of(type_)

        response = house.http.get(f"/{type_ or 'Patient'}", params={name: "x"}, headers=STRICT)

        assert response.status_code == 400
        assert (issue(response)["expression"], issue(response)["diagnostics"]) == (
            [name],
            NOT_SEARCHABLE[type_, name],
        )
