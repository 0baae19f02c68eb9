"""A patient through the doors: who is shown what, on which ground, and who can see that they looked."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.load import main as load
from shared.kernel.documents import replacing
from shared.kernel.refusals import Throttled
from shared.patients.advance_refresh import AdvanceRefreshRun
from shared.patients.declarations import DECLARED
from shared.patients.documents import PROJECTION, Projection
from shared.patients.refreshes import StageStep
from tests.support.fhir_people import a_patient, an_appointment, an_hba1c
from tests.support.product import Answer, Product
from tests.support.product_chat import Chat, open_chat_desk, sam
from tests.support.product_story import audited, begin_story

MARK = "schizophrenia"
REASON = {"X_Reason": "Rang%20in%20distress%2C%20%C3%85sa%27s%20shift"}
COSTA, SURGERY = "Practitioner/costa", "Organization/surgery"
ABOUT = {"reference": "Patient/maria"}
SEANS = {"system": "email", "value": "Sean@Home.example"}


def words(text: str) -> dict[str, Any]:
    return {"text": text, "coding": [{"system": "http://snomed.info/sct", "code": text}]}


def clinical(of: str = "maria") -> list[dict[str, Any]]:
    """Give one of each clinical kind, with the mark wherever words may stand."""
    about, note = {"subject": {"reference": f"Patient/{of}"}}, [{"text": MARK}]
    patient = {"patient": about["subject"]}
    made: list[dict[str, Any]] = [
        {
            "resourceType": "Condition",
            **about,
            "code": words(MARK),
            "onsetDateTime": "2019-05-01",
            "note": note,
        },
        {"resourceType": "AllergyIntolerance", **patient, "code": words(f"nuts {MARK}"), "note": note},
        {
            "resourceType": "MedicationRequest",
            **about,
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": words(f"clozapine {MARK}"),
            "authoredOn": "2026-10-01",
        },
        {
            "resourceType": "Encounter",
            **about,
            "status": "finished",
            "class": {"code": "AMB"},
            "type": [words(f"ward {MARK}")],
            "period": {"start": "2024-01-10T09:00:00Z", "end": "2024-01-10T10:00:00Z"},
        },
        {"resourceType": "Procedure", **about, "status": "completed", "code": words(MARK)},
        {
            "resourceType": "Immunization",
            **patient,
            "status": "completed",
            "vaccineCode": words(MARK),
            "occurrenceString": MARK,
        },
        {"resourceType": "DiagnosticReport", **about, "status": "final", "code": words(MARK)},
        {"resourceType": "CarePlan", **about, "status": "active", "intent": "plan", "title": MARK},
        {"resourceType": "CareTeam", **about, "name": MARK, "reasonCode": [words(MARK)]},
    ]
    return [an_hba1c(of=of)] + [{"id": f"{one['resourceType'].lower()}-{of}", **one} for one in made]


def visit(id_: str, start: str, **more: Any) -> dict[str, Any]:
    who = [{"actor": {"reference": one}, "status": "accepted"} for one in ("Patient/maria", COSTA)]
    return an_appointment(id_, start=start, end=start.replace(":00:00", ":20:00"), participant=who, **more)


@pytest.fixture(autouse=True)
def hospital(product: Product) -> Product:
    product.write(
        {"resourceType": "Practitioner", "id": "costa", "name": [{"text": "Dr Inês Costa"}]},
        a_patient("maria", communication=[{"language": {"coding": [{"code": "sv"}]}}]),
        a_patient("john", family="O\u2019Brien", given="Seán", telecom=[SEANS]),
        *clinical(),
        visit("next", "2026-11-20T09:00:00Z", reasonCode=[{"text": MARK}], comment=MARK),
        visit("last", "2026-10-20T09:00:00Z"),
        {
            "resourceType": "Coverage",
            "id": "cover",
            "status": "active",
            "beneficiary": ABOUT,
            "payor": [{"display": "Folksam"}],
            "subscriberId": "F-17",
        },
        {
            "resourceType": "RelatedPerson",
            "id": "asa",
            "patient": ABOUT,
            "name": [{"given": ["Åsa"], "family": "Lindström"}],
            "relationship": [{"text": "sister"}],
        },
    )
    product.run()
    return product


def seen_by(product: Product, *roles: str, path: str = "", **headers: str) -> Answer:
    token = product.staff(*roles)
    return product.ask("GET", f"/api/patients/maria{path}", token=token, **headers)


def knows(product: Product, subject: str = "dr-costa", **practitioner: Any) -> str:
    """Let a login be the practitioner Costa's; give their token."""
    identifier = [{"system": product.issuer.named("staff"), "value": subject}]
    product.write({"resourceType": "Practitioner", "id": "costa", "identifier": identifier, **practitioner})
    return product.staff("healthcare_user", sub=subject)


class TestTheForms:
    def test_clinical_is_shown_to_those_who_treat(self, product: Product) -> None:
        shown = seen_by(product, "healthcare_user", **REASON).json

        assert shown["form"] == "clinical"
        cards = shown["clinical"]["cards"]
        assert {name for name, card in cards.items() if card["total"] == 0} == set()
        assert cards["conditions"]["entries"][0]["title"] == MARK
        assert cards["results"]["total"] == 2

    @pytest.mark.parametrize("path", ["", "/timeline", "/timeline?types=Appointment"])
    @pytest.mark.parametrize(
        "role", ["healthcare_non_clinical_user", "customer_service_representative", "csr_manager"]
    )
    def test_administrative_holds_no_clinical_byte(self, product: Product, role: str, path: str) -> None:
        answer = seen_by(product, role, path=path, **REASON)

        assert answer.status == 200
        assert MARK not in answer.body.decode()
        assert "hba1c" not in answer.body.decode().lower()

    def test_administrative_is_who_they_are_and_when_they_come(self, product: Product) -> None:
        shown = seen_by(product, "healthcare_non_clinical_user", **REASON).json

        form = shown["administrative"]
        assert (form["family"], form["languages"], shown["clinical"]) == ("Lindström", ["sv"], None)
        assert [(one["id"], one["taking_part"]) for one in form["upcoming"]] == [("next", ["Dr Inês Costa"])]
        assert [(one["payor"], one["subscriber"]) for one in form["coverages"]] == [("Folksam", "F-17")]
        assert [(one["name"], one["relationship"]) for one in form["relations"]] == [
            ("Åsa Lindström", "sister")
        ]
        assert form["contact_points"][0]["value"].endswith("605")

    def test_name_the_ids_and_the_records_that_are_the_same_persons(self, product: Product) -> None:
        """The other record is named, and opens on its own terms."""
        mrn = {"system": "https://clinic.example/mrn", "value": "MRN-maria"}
        elsewhere = {"system": "https://elsewhere.example", "value": "77"}
        link = {"type": "seealso", "other": {"reference": "Patient/john"}}
        product.write(a_patient("maria", identifier=[mrn, elsewhere], link=[link]))

        shown = seen_by(product, "healthcare_non_clinical_user", **REASON).json

        ids = {one["system"]: one["value"] for one in shown["administrative"]["identifiers"]}
        assert ids == {mrn["system"]: mrn["value"], elsewhere["system"]: elsewhere["value"]}
        assert shown["links"] == [{"kind": "seealso", "patient_id": "john"}]
        assert "Brien" not in json.dumps(shown)

    def test_says_what_answered_and_as_of_when(self, product: Product) -> None:
        shown = seen_by(product, "healthcare_non_clinical_user", **REASON).json

        assert {one["answered_by"] for one in shown["sources"]} == {"projection"}
        assert {one["as_of"] for one in shown["sources"]} == {"2026-11-02T12:00:00Z"}

    def test_follow_what_changes_in_the_record(self, product: Product) -> None:
        seen_by(product, "healthcare_user", **REASON)
        product.write({"resourceType": "Condition", "id": "new", "subject": ABOUT, "code": {"text": "Gout"}})
        product.delete("Condition", "condition-maria")
        product.run()

        cards = seen_by(product, "healthcare_user", **REASON).json["clinical"]["cards"]

        assert [one["title"] for one in cards["conditions"]["entries"]] == ["Gout"]

    def test_of_nobody_are_none(self, product: Product) -> None:
        answer = product.ask("GET", "/api/patients/nobody", token=product.staff("healthcare_user"), **REASON)

        assert answer.status == 404


class TestTheGround:
    def test_is_asked_for(self, product: Product) -> None:
        answer = seen_by(product, "healthcare_user")

        assert (answer.status, answer.json["type"]) == (403, "/problems/care-relationship-missing")
        assert MARK not in answer.body.decode()

    def test_that_is_a_reason_alone_is_shown_to_the_privacy_officer(self, product: Product) -> None:
        assert seen_by(product, "healthcare_user", **REASON).json["ground"] == "break_glass"
        product.run()

        listed = product.ask("GET", "/api/break-glass", token=product.staff("privacy_officer")).json
        (broken,) = listed["readings"]
        assert (broken["patient_id"], broken["read"]) == ("maria", "show_patient")
        assert broken["reason"] == "Rang in distress, Åsa's shift"
        (entry,) = audited(product, patient_id="maria")
        assert entry["why"] == "break glass: Rang in distress, Åsa's shift"

    @pytest.mark.parametrize("reason", ["%20", "x%0Ay", "x" * 501])
    def test_is_no_reason_where_it_is_none(self, product: Product, reason: str) -> None:
        answer = seen_by(product, "healthcare_user", X_Reason=reason)

        assert answer.status in (400, 403)
        day = product.ask("GET", "/api/break-glass", token=product.staff("privacy_officer")).json
        assert day["readings"] == []

    def test_is_the_general_practitioner(self, product: Product) -> None:
        token = knows(product)
        product.write(a_patient("maria", generalPractitioner=[{"reference": COSTA}]))

        shown = product.ask("GET", "/api/patients/maria", token=token).json

        assert (shown["ground"], shown["relationship"]) == ("care_relationship", "general_practitioner")

    def test_is_a_role_in_the_patients_surgery_while_it_is_held(self, product: Product) -> None:
        token = knows(product)
        product.write(a_patient("maria", generalPractitioner=[{"reference": SURGERY}]))
        role: dict[str, Any] = {
            "resourceType": "PractitionerRole",
            "id": "gp",
            "practitioner": {"reference": COSTA},
            "organization": {"reference": SURGERY},
        }
        product.write(role)
        held = product.ask("GET", "/api/patients/maria", token=token)
        product.write({**role, "period": {"end": "2026-11-01"}})

        over = product.ask("GET", "/api/patients/maria", token=token)

        assert (held.status, over.status) == (200, 403)

    @pytest.mark.parametrize(
        ("team", "status"),
        [({}, 200), ({"status": "inactive"}, 403), ({"period": {"end": "2026-11-01"}}, 403)],
    )
    def test_is_a_place_in_the_care_team(self, product: Product, team: dict[str, Any], status: int) -> None:
        token = knows(product)
        member = [{"member": {"reference": COSTA}}]
        product.write(
            {"resourceType": "CareTeam", "id": "t", "subject": ABOUT, "participant": member, **team}
        )

        assert product.ask("GET", "/api/patients/maria", token=token).status == status

    @pytest.mark.parametrize(
        ("ended", "status"), [("2026-10-20T10:00:00Z", 200), ("2026-07-01T10:00:00Z", 403)]
    )
    def test_is_a_visit_not_long_ago(self, product: Product, ended: str, status: int) -> None:
        token = knows(product)
        product.write(
            {
                "resourceType": "Encounter",
                "id": "seen",
                "status": "finished",
                "class": {"code": "AMB"},
                "subject": ABOUT,
                "participant": [{"individual": {"reference": COSTA}}],
                "period": {"start": ended, "end": ended},
            }
        )

        assert product.ask("GET", "/api/patients/maria", token=token).status == status

    def test_is_an_open_task_that_somebody_gave_the_caller(self, product: Product) -> None:
        token = product.staff("care_coordinator", sub="carl")
        body = {
            "description": "Call Maria",
            "patient_id": "maria",
            "to": f"{product.issuer.named('staff')}|carl",
        }
        made = product.ask("POST", "/api/tasks", body=body, token=product.staff("csr_manager", sub="mia"))

        shown = product.ask("GET", "/api/patients/maria", token=token)
        done = {"outcome": "Reached her"}
        product.ask("POST", f"/api/tasks/{made.json['id']}/assign", body={"to": "me"}, token=token)
        closed = product.ask("POST", f"/api/tasks/{made.json['id']}/complete", body=done, token=token)

        assert (made.status, closed.status) == (201, 200)
        assert shown.json["relationship"] == "task"
        assert product.ask("GET", "/api/patients/maria", token=token).status == 403

    def test_is_no_task_that_one_gives_oneself(self, product: Product) -> None:
        token = product.staff("care_coordinator", sub="carl")
        body = {"description": "Look at Maria", "patient_id": "maria", "to": "me"}
        made = product.ask("POST", "/api/tasks", body=body, token=token)

        assert made.status == 201
        assert product.ask("GET", "/api/patients/maria", token=token).status == 403

    def test_is_a_conversation_in_hand(self, product: Product) -> None:
        open_chat_desk(product)
        product.write(a_patient("maria"))
        Chat(product).is_handed_over()

        hers = product.ask("GET", "/api/patients/maria", token=sam(product))
        other = product.ask("GET", "/api/patients/maria", token=product.staff("omnichannel_agent", sub="ole"))

        assert (hers.json["relationship"], hers.json["form"]) == ("conversation", "administrative")
        assert other.status == 403

    def test_is_not_that_somebody_else_has_the_same_name_elsewhere(self, product: Product) -> None:
        knows(product)
        product.write(a_patient("maria", generalPractitioner=[{"reference": COSTA}]))

        other = product.staff("healthcare_user", sub="dr-costa-2")

        assert product.ask("GET", "/api/patients/maria", token=other).status == 403


class TestReplacedRecords:
    def linked(self, product: Product, of: str, to: str, kind: str = "replaced-by") -> None:
        links = [{"other": {"reference": f"Patient/{one}"}, "type": kind} for one in to.split()]
        product.write(a_patient(of, link=links))

    def test_lead_to_who_stands_in_their_place(self, product: Product) -> None:
        self.linked(product, "older", "old")
        self.linked(product, "old", "maria")

        shown = product.ask(
            "GET", "/api/patients/older", token=product.staff("healthcare_user"), **REASON
        ).json

        assert (shown["patient_id"], shown["replaced"]) == ("maria", ["older", "old"])
        assert shown["clinical"]["cards"]["conditions"]["total"] == 1

    @pytest.mark.parametrize(
        ("links", "problem"),
        [
            ({"a": "b", "b": "a"}, "circle"),
            ({"a": "a"}, "circle"),
            ({"a": "b", "b": "c", "c": "b"}, "circle"),
            ({"a": "maria john"}, "contradiction"),
            ({"a": "b", "b": "maria john"}, "contradiction"),
            ({"a": "erased"}, "missing"),
            ({f"a{n}" if n else "a": f"a{n + 1}" for n in range(12)} | {"a12": "maria"}, "too many"),
        ],
    )
    def test_are_not_believed_where_links_lead_nowhere(
        self, product: Product, links: dict[str, str], problem: str
    ) -> None:
        product.write(a_patient("erased"))
        for of in links:
            product.write(a_patient(of))
        for of, to in links.items():
            self.linked(product, of, to)
        if problem == "missing":
            product.delete("Patient", "erased")

        shown = product.ask("GET", "/api/patients/a", token=product.staff("healthcare_user"), **REASON).json

        assert (shown["patient_id"], shown["link_problem"], shown["replaced"]) == ("a", problem, [])


class TestTheTimeline:
    def entries(self, product: Product, asked: str = "", *roles: str) -> list[str]:
        answer = seen_by(product, *(roles or ("healthcare_user",)), path=f"/timeline{asked}", **REASON)
        assert answer.status == 200, answer.json
        return [one["id"] for one in answer.json["entries"]]

    def test_begins_with_the_latest(self, product: Product) -> None:
        assert self.entries(product) == [
            "next",
            "last",
            "medicationrequest-maria",
            "hba1c",
            "encounter-maria",
            "condition-maria",
        ]

    def test_goes_on_page_by_page(self, product: Product) -> None:
        found: list[str] = []
        after = ""
        while True:
            page = seen_by(product, "healthcare_user", path=f"/timeline?limit=2{after}", **REASON).json
            found += [one["id"] for one in page["entries"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"

        assert found == self.entries(product)

    def test_shows_kinds_and_days_that_are_asked_for(self, product: Product) -> None:
        assert self.entries(product, "?types=Encounter,Observation") == ["hba1c", "encounter-maria"]
        assert self.entries(product, "?since=2026-10-20&until=2026-10-20") == ["last"]

    def test_has_an_agenda_before_and_after_now(self, product: Product) -> None:
        product.write(
            visit("later", "2026-12-20T09:00:00Z"), visit("off", "2026-12-21T09:00:00Z", status="cancelled")
        )
        product.run()

        assert self.entries(product, "?agenda=upcoming") == ["next", "later"]
        assert self.entries(product, "?agenda=previous&types=Appointment") == ["off", "last"]

    @pytest.mark.parametrize(
        "asked", ["types=Spell", "after=x", "since=yesterday", "since=2026-02-01&until=2026-01-01"]
    )
    def test_does_not_guess(self, product: Product, asked: str) -> None:
        assert seen_by(product, "healthcare_user", path=f"/timeline?{asked}", **REASON).status == 400

    def test_refuses_clinical_kinds_to_those_who_do_not_treat(self, product: Product) -> None:
        answer = seen_by(product, "csr_manager", path="/timeline?types=Condition", **REASON)

        assert (answer.status, answer.json["type"]) == (403, "/problems/only-for-those-who-treat")

    def test_is_audited_with_its_ground(self, product: Product) -> None:
        self.entries(product)
        product.run()

        (entry,) = audited(product, patient_id="maria")
        assert (entry["what"], entry["why"][:11]) == ("read_timeline", "break glass")


class TestTheView:
    def test_switches_a_kind_to_the_record_and_back(self, product: Product) -> None:
        keeper = product.staff("fhir_sync_administrator")
        live = {"types": {"Condition": {"route": "live"}, "AllergyIntolerance": {"on_timeline": True}}}
        kept = product.ask("PUT", "/api/patient-view", body=live, token=keeper)

        shown = seen_by(product, "healthcare_user", **REASON).json

        by_kind = {one["resource_type"]: one["answered_by"] for one in shown["sources"]}
        assert (by_kind["Condition"], by_kind["Observation"]) == ("record", "projection")
        assert shown["clinical"]["cards"]["conditions"]["entries"][0]["title"] == MARK
        again = product.ask("PUT", "/api/patient-view", body={"types": {}}, token=keeper)
        seen = product.ask(
            "PUT", "/api/patient-view", body={"types": {}}, token=keeper, If_Match=kept.headers["etag"]
        )
        assert (again.status, seen.status) == (409, 200)

    def test_names_kinds_and_puts_them_on_the_timeline(self, product: Product) -> None:
        wanted = {"types": {"Observation": {"display_name": "Lab"}, "Condition": {"on_timeline": False}}}
        product.ask("PUT", "/api/patient-view", body=wanted, token=product.staff("data_administrator"))

        entries = seen_by(product, "healthcare_user", path="/timeline", **REASON).json["entries"]

        assert {one["display_name"] for one in entries if one["resource_type"] == "Observation"} == {"Lab"}
        assert "Condition" not in {one["resource_type"] for one in entries}


class TestTheSearch:
    def found(self, product: Product, role: str = "outreach_specialist", **wanted: Any) -> list[str]:
        answer = product.ask("POST", "/api/patients/search", body=wanted, token=product.staff(role))
        assert answer.status == 200, answer.json
        return sorted(one["patient_id"] for one in answer.json["people"])

    @pytest.mark.parametrize(
        ("wanted", "who"),
        [
            ({"name": "obrien"}, ["john"]),
            ({"name": "SEAN O'Brien"}, ["john"]),
            ({"name": "lindstrom"}, ["maria"]),
            ({"birth_date": "1961-03-08"}, ["john", "maria"]),
            ({"name": "Maria", "birth_date": "1961-03-08"}, ["maria"]),
            ({"name": "Maria", "birth_date": "1961-03-09"}, []),
            ({"identifier": "mrn-maria"}, ["maria"]),
            ({"identifier": "MRN-maria", "system": "https://clinic.example/mrn"}, ["maria"]),
            ({"identifier": "MRN-maria", "system": "https://other.example"}, []),
            ({"phone": "070-174 06 05"}, []),
            ({"phone": "+46 (70) 174-0605"}, ["maria"]),
            ({"email": "SEAN@home.example"}, ["john"]),
            ({"email": "sean@home.example", "name": "Maria"}, []),
        ],
    )
    def test_finds_people_however_it_is_spelt(
        self, product: Product, wanted: dict[str, str], who: list[str]
    ) -> None:
        assert self.found(product, **wanted) == who

    def test_forgets_what_somebody_was_known_by(self, product: Product) -> None:
        product.write(a_patient("maria", telecom=[{"system": "phone", "value": "+46 70 174 06 99"}]))
        product.run()

        assert self.found(product, phone="+46701740605") == []
        assert self.found(product, phone="+46701740699") == ["maria"]

    def test_goes_on_where_a_page_ended(self, product: Product) -> None:
        token = product.staff("outreach_specialist")
        body: dict[str, Any] = {"birth_date": "1961-03-08", "limit": 1}
        first = product.ask("POST", "/api/patients/search", body=body, token=token).json
        second = product.ask(
            "POST", "/api/patients/search", body=body | {"after": first["next"]}, token=token
        ).json

        people = [one["patient_id"] for one in (*first["people"], *second["people"])]
        assert sorted(people) == ["john", "maria"]

    def test_asks_more_of_whose_scope_is_narrow(self, product: Product) -> None:
        token = product.staff("omnichannel_agent")

        wide = product.ask("POST", "/api/patients/search", body={"name": "Maria"}, token=token)

        assert (wide.status, wide.json["type"]) == (422, "/problems/search-is-too-wide")
        assert self.found(product, "omnichannel_agent", name="Maria", birth_date="1961-03-08") == ["maria"]
        assert self.found(product, "omnichannel_agent", phone="+46701740605") == ["maria"]

    @pytest.mark.parametrize("wanted", [{"phone": "call my sister"}, {"email": "nobody"}, {"name": "…"}])
    def test_refuses_what_can_be_nobodys(self, product: Product, wanted: dict[str, str]) -> None:
        answer = product.ask(
            "POST", "/api/patients/search", body=wanted, token=product.staff("outreach_specialist")
        )

        assert (answer.status, answer.fields) == (400, set(wanted))

    def test_writes_what_was_asked_for_nowhere(self, product: Product) -> None:
        product.ask(
            "POST",
            "/api/patients/search",
            body={"phone": "+46701740605"},
            token=product.staff("omnichannel_agent"),
            Idempotency_Key="once",
        )
        product.run()

        entries = [one for one in audited(product) if one["what"] == "search_patients"]
        assert [one["subject"] for one in entries] == ["patients/search"]
        held = product.app.folder.joinpath("store.db").read_bytes()
        assert held.count(b"+46701740605") <= 2, "the person document alone, and its page in the log"


class TestAnOverride:
    def test_stands_for_four_hours(self, product: Product) -> None:
        body = {"language": "pt-BR", "preferred_name": "Mia"}
        token = product.staff("data_contributor")

        put = product.ask("PUT", "/api/patients/maria/override", body=body, token=token)

        assert put.status == 200
        shown = seen_by(product, "healthcare_user", **REASON).json
        assert (shown["overridden"]["language"], shown["overridden"]["preferred_name"]) == ("pt-BR", "Mia")
        product.pass_by(timedelta(hours=4))
        assert seen_by(product, "healthcare_user", **REASON).json["overridden"] is None

    def test_has_no_segment_and_no_measure_worked_out_anew(self, product: Product) -> None:
        product.run()
        before = {depth.queue: depth for depth in product.app.receiver.depths()}
        token = product.staff("data_contributor")

        put = product.ask("PUT", "/api/patients/maria/override", body={"language": "sv"}, token=token)
        product.app.relay_left_behind(
            now=product.clock.now(), real=product.clock.real() + timedelta(minutes=3)
        )

        assert put.status == 200
        told = {depth.queue for depth in product.app.receiver.depths() if depth != before.get(depth.queue)}
        assert told == {"audit-entries"}

    @pytest.mark.parametrize(
        ("body", "field"),
        [({"language": "not one"}, "language"), ({"time_zone": "Mars/Base"}, "time_zone")],
    )
    def test_is_refused_for_what_is_none(self, product: Product, body: dict[str, str], field: str) -> None:
        answer = product.ask(
            "PUT", "/api/patients/maria/override", body=body, token=product.staff("data_contributor")
        )

        assert (answer.status, answer.fields) == (400, {field})


class TestThePortal:
    def asked(self, product: Product, path: str, who: str = "maria") -> Any:
        answer = product.ask("GET", f"/api/{path}", token=product.patient(who))
        assert answer.status == 200, answer.json
        return answer.json

    def test_opens_on_what_is_to_come(self, product: Product) -> None:
        home = self.asked(product, "me/home")

        assert [one["id"] for one in home["upcoming"]] == ["next"]
        assert [one["id"] for one in home["medications"]] == ["medicationrequest-maria"]
        assert (home["unread"], home["messages"]) == (0, [])

    def test_shows_their_record_by_kind_and_day(self, product: Product) -> None:
        kinds = {one["resource_type"] for one in self.asked(product, "me/records")["records"]}

        assert kinds == {
            "MedicationRequest",
            "AllergyIntolerance",
            "Condition",
            "Encounter",
            "CarePlan",
            "CareTeam",
        }
        found = self.asked(product, "me/records?types=Condition,Encounter&since=2024-01-01")["records"]
        assert [one["id"] for one in found] == ["encounter-maria"]
        assert self.asked(product, "me/records", "john")["records"] == []

    def test_shows_their_own_details_in_full(self, product: Product) -> None:
        details = self.asked(product, "me/personal-information")

        assert details["contact_points"][0]["value"] == "+46701740605"
        assert [one["payor"] for one in details["coverages"]] == ["Folksam"]
        assert [one["name"] for one in details["relations"]] == ["Åsa Lindström"]

    def test_finds_a_doctor(self, product: Product) -> None:
        cardiology = {"coding": [{"code": "394579002", "display": "Cardiology"}]}
        for id_, given, family in (
            ("costa", "Inês", "Costa"),
            ("berg", "Åke", "Berg"),
            ("gone", "Eva", "Berg"),
        ):
            name = [{"given": [given], "family": family}]
            person = {"resourceType": "Practitioner", "id": id_, "active": id_ != "gone", "name": name}
            role: dict[str, Any] = {"resourceType": "PractitionerRole", "id": f"role-{id_}"}
            role["practitioner"] = {"reference": f"Practitioner/{id_}"}
            product.write(person, role | ({"specialty": [cardiology]} if id_ == "berg" else {}))

        def ids(asked: str) -> list[str]:
            return [
                one["practitioner_id"]
                for one in self.asked(product, f"practitioners{asked}")["practitioners"]
            ]

        assert ids("") == ["berg", "costa"]
        assert ids("?name=Berg") == ["berg"]
        assert ids("?specialty=394579002") == ids("?specialty=cardio") == ["berg"]
        assert ids("?specialty=cardiology&name=Costa") == []


class TestNewMessages:
    def test_are_new_until_the_patient_has_looked(self, product: Product) -> None:
        begin_story(product)
        token = product.patient("maria")
        before = product.ask("GET", "/api/me/home", token=token).json

        seen = product.ask("POST", "/api/me/messages/seen", token=token)

        after = product.ask("GET", "/api/me/home", token=token).json
        assert (before["unread"], len(before["messages"])) == (1, 1)
        assert (seen.status, after["unread"], len(after["messages"])) == (204, 0, 1)
        product.run()
        assert "note_messages_seen" in {one["what"] for one in audited(product, patient_id="maria")}


class TestTheRefresh:
    def refreshed(self, product: Product) -> list[tuple[str, str, int]]:
        begun = product.ask("POST", "/api/refreshes", token=product.staff("operator"))
        assert begun.status == 202, begun.json
        product.run()
        product.pass_by(timedelta(seconds=31))
        return self.latest(product)

    def latest(self, product: Product) -> list[tuple[str, str, int]]:
        found = product.ask("GET", "/api/refreshes", token=product.staff("data_administrator")).json
        return [(one["name"], one["status"], one["handled"]) for one in found["refreshes"][0]["stages"]]

    def test_finds_whoever_was_imported_without_a_word(self, product: Product) -> None:
        people = [a_patient(f"p{number}", family=f"Berg{number}") for number in range(450)]
        product.app.embedded_record.load(people)
        product.run()
        wanted = {"name": "Berg449"}
        token = product.staff("outreach_specialist")
        before = product.ask("POST", "/api/patients/search", body=wanted, token=token).json["people"]

        stages = self.refreshed(product)

        after = product.ask("POST", "/api/patients/search", body=wanted, token=token).json["people"]
        assert (before, [one["patient_id"] for one in after]) == ([], ["p449"])
        assert [status for _, status, _ in stages] == ["successful"] * 7
        assert stages[0][2] >= 450

    def test_is_asked_for_by_whoever_loads_history(self, product: Product, tmp_path: Path) -> None:
        history = tmp_path / "history"
        history.mkdir()
        (history / "Patient.ndjson").write_text(json.dumps(a_patient("asa", family="Åström-O\u2019Hara")))

        assert load([str(history), "--data", str(product.app.folder)]) == 0
        product.run()

        token = product.staff("outreach_specialist")
        wanted = {"name": "astrom o'hara"}
        found = product.ask("POST", "/api/patients/search", body=wanted, token=token).json["people"]
        assert [one["patient_id"] for one in found] == ["asa"]
        assert [status for _, status, _ in self.latest(product)] == ["successful"] * 7

    def test_goes_on_where_the_last_one_came_to(self, product: Product) -> None:
        self.refreshed(product)
        product.pass_by(timedelta(minutes=1))
        product.app.embedded_record.load([a_patient("late")])

        assert self.refreshed(product)[0] == ("records", "successful", 1)

    def test_brings_a_projection_up_to_date_with_what_nobody_told(self, product: Product) -> None:
        seen_by(product, "healthcare_user", **REASON)
        gout = {"resourceType": "Condition", "id": "new", "subject": ABOUT, "code": {"text": "Gout"}}
        product.app.embedded_record.load([gout])

        self.refreshed(product)

        cards = seen_by(product, "healthcare_user", **REASON).json["clinical"]["cards"]
        assert "Gout" in {one["title"] for one in cards["conditions"]["entries"]}

    def test_flattens_anew_what_an_older_table_flattened(self, product: Product) -> None:
        seen_by(product, "healthcare_user", **REASON)
        documents = product.app.documents
        found = documents.read("patient/maria", PROJECTION, Projection)
        documents.commit("patient/maria", changes=[replacing(found, replace(found.body, declared=0))])

        assert self.refreshed(product)[2] == ("projections", "successful", 1)
        assert documents.read("patient/maria", PROJECTION, Projection).body.declared == DECLARED

    def test_is_one_at_a_time(self, product: Product) -> None:
        token = product.staff("operator")
        first = product.ask("POST", "/api/refreshes", token=token)

        second = product.ask("POST", "/api/refreshes", token=token)

        assert (first.status, second.status, second.json["type"]) == (202, 409, "/problems/refresh-under-way")
        assert [status for _, status, _ in self.latest(product)] == ["queued"] * 7

    def test_says_what_failed_and_skips_what_comes_after(self, product: Product) -> None:
        switched: dict[str, Any] = dict.fromkeys(("chat", "booking", "surveys", "journeys", "outreach"), True)
        body = switched | {"segments": False, "why": "A rehearsal"}
        product.ask("PUT", "/api/features", body=body, token=product.staff("operator"))

        stages = self.refreshed(product)

        assert [status for _, status, _ in stages] == [
            *["successful"] * 4,
            "failed",
            "failed",
            "skipped",
        ]
        found = product.ask("GET", "/api/refreshes", token=product.staff("operator")).json["refreshes"][0]
        assert (found["is_over"], found["stages"][4]["problem"]) == (True, "FeatureIsOff")

    def test_tries_again_what_may_yet_succeed_and_gives_up_in_the_end(self, product: Product) -> None:
        stage = product.app.advance_refresh_run.stages

        def out_of_order(*_: object, **__: object) -> StageStep:
            raise Throttled

        product.app.advance_refresh_run = AdvanceRefreshRun(
            product.app.documents, {**stage, "records": out_of_order}
        )
        self.refreshed(product)
        first = self.latest(product)
        for _ in range(8):
            product.pass_by(timedelta(hours=2))

        assert first[0][:2] == ("records", "failure")
        assert [status for _, status, _ in self.latest(product)] == ["failed", *["skipped"] * 6]
        assert product.ask("POST", "/api/refreshes", token=product.staff("operator")).status == 202

    def test_is_cancelled_by_hand_and_lets_another_begin(self, product: Product) -> None:
        token = product.staff("operator")
        run = product.ask("POST", "/api/refreshes", token=token).json
        path = f"/api/refreshes/{run['id']}/cancel"

        refused = product.ask("POST", path, token=product.staff("healthcare_user"))
        cancelled = product.ask("POST", path, token=token)
        again = product.ask("POST", path, token=token)
        product.run()

        assert (refused.status, cancelled.status, again.status) == (403, 200, 409)
        assert [status for _, status, _ in self.latest(product)] == ["cancelled"] * 7
        assert product.ask("POST", "/api/refreshes/elsewhere/cancel", token=token).status == 404
        product.pass_by(timedelta(seconds=1))
        assert {status for _, status, _ in self.refreshed(product)} == {"successful"}

    def test_begins_by_itself_once_the_house_has_said_when(self, product: Product) -> None:
        def asks(method: str, path: str, body: object = None) -> Answer:
            return product.ask(method, path, body=body, token=product.staff("data_administrator"))

        before = asks("GET", "/api/refresh-schedule").json
        product.pass_by(timedelta(days=1))
        never = asks("GET", "/api/refreshes").json["refreshes"]
        wanted = {"is_on": True, "times": ["02:30", "14:30"], "zone": "Europe/Stockholm"}
        kept, again = (asks("PUT", "/api/refresh-schedule", wanted) for _ in range(2))
        product.run()
        told = [one["what"] for one in audited(product)]
        for _ in range(24):
            product.pass_by(timedelta(hours=1))
            product.tick("queue_due_refresh")

        assert (before["schedule"]["next_at"], before["etag"], never) == (None, None, [])
        assert (kept.status, again.status, told.count("put_refresh_schedule")) == (200, 409, 1)
        runs = asks("GET", "/api/refreshes").json["refreshes"]
        assert [(one["asked_by"], one["is_over"]) for one in runs] == [("house|schedule", True)] * 2

    def test_is_not_scheduled_at_times_that_are_none(self, product: Product) -> None:
        wanted = {"is_on": True, "times": ["25:00", "02:30", "02:30", "03:00", "04:00"], "zone": "Mars/Base"}
        token = product.staff("data_administrator")

        refused = product.ask("PUT", "/api/refresh-schedule", body=wanted, token=token)

        assert refused.status == 400
        assert [one["field"] for one in refused.json["errors"]] == ["times", "times.0", "times", "zone"]
