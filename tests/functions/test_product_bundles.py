"""FHIR bundles through the door: what the maps let pass is written, the rest is named (FH-5, FH-6)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.fhir.ports import SearchParameters
from tests.support.bundles import (
    BOTH,
    DATA,
    KNEE,
    REASON,
    SYNC,
    VISIT,
    a_knee,
    a_visit,
    bundle,
    gone,
    mapped,
    outcomes,
    post,
    put,
    sent,
)
from tests.support.fhir_people import a_patient, a_slot, an_appointment, an_hba1c
from tests.support.issuer import NOON
from tests.support.product import Answer, Product
from tests.support.product_chat import offer_slots
from tests.support.product_story import audited


@pytest.fixture(autouse=True)
def maria(product: Product) -> None:
    product.write(a_patient("maria"))
    product.run()


@BOTH
class TestABundle:
    def test_is_written_and_the_same_again_changes_nothing(self, product: Product) -> None:
        new = bundle("transaction", put(a_knee()), put(an_hba1c(of="maria")))

        assert outcomes(sent(product, new)) == ["created", "created"]
        product.run()
        before = product.footprint()

        assert outcomes(sent(product, new)) == ["unchanged", "unchanged"]
        assert product.footprint() == before
        assert product.app.record.read("Condition", "knee")["meta"]["versionId"] == "1"

    def test_that_says_something_else_makes_a_version(self, product: Product) -> None:
        sent(product, bundle("transaction", put(a_knee())))

        answer = sent(product, bundle("transaction", put(a_knee(code={"text": "Meniscus tear"}))))

        (result,) = answer.json["results"]
        assert (result["outcome"], result["version"]) == ("updated", 2)
        assert product.app.record.read("Condition", "knee")["code"]["text"] == "Meniscus tear"

    def test_keeps_numbers_as_they_were_written(self, product: Product) -> None:
        exact = json.dumps(bundle("collection", {"resource": an_hba1c("exact", of="maria", value=7.5)}))
        body = exact.replace("7.5", "7.50").encode()

        assert outcomes(sent(product, body)) == ["created"]
        assert b"7.50" in product.app.embedded_record.stored("Observation", "exact").body
        assert outcomes(sent(product, body)) == ["unchanged"]
        assert outcomes(sent(product, body.replace(b"7.50", b"7.500"))) == ["updated"]

    def test_that_is_posted_is_known_again_by_its_urn(self, product: Product) -> None:
        new = bundle("transaction", post(VISIT, a_visit()), post(KNEE.upper(), a_knee()))

        assert outcomes(sent(product, new)) == ["created", "created"]
        assert outcomes(sent(product, new)) == ["unchanged", "unchanged"]
        kept = product.app.record.read("Encounter", VISIT)
        assert kept["diagnosis"][0]["condition"]["reference"] == f"Condition/{KNEE}"

    def test_is_carried_on_by_what_follows_the_record(self, product: Product) -> None:
        sent(product, bundle("transaction", put(a_knee())))
        product.run()

        token = product.staff("healthcare_user")
        shown = product.ask("GET", "/api/patients/maria", token=token, **REASON).json
        assert [one["title"] for one in shown["clinical"]["cards"]["conditions"]["entries"]] == [
            "Gonarthrosis"
        ]

    def test_is_remembered_of_each_patient_it_touches(self, product: Product) -> None:
        john = an_hba1c("johns", of="john")
        sent(product, bundle("transaction", put(a_patient("john")), put(john), put(a_knee())))
        product.run()

        for patient_id in ("maria", "john"):
            (entry,) = audited(product, patient_id=patient_id)
            assert (entry["what"], entry["roles"]) == ("write_bundle", [SYNC])

    def test_taken_from_one_patient_and_given_to_another_is_remembered_of_both(
        self, product: Product
    ) -> None:
        sent(product, bundle("transaction", put(a_patient("john")), put(a_knee())))
        product.run()
        sent(product, bundle("transaction", put(a_knee(subject={"reference": "Patient/john"}))), role=DATA)
        product.run()

        assert [one["roles"] for one in audited(product, patient_id="maria")].count([DATA]) == 1
        assert [one["roles"] for one in audited(product, patient_id="john")].count([DATA]) == 1


HERS = {"reference": "Patient/maria"}
IN_PLAY: tuple[dict[str, Any], ...] = (
    {"resourceType": "AllergyIntolerance", "id": "nuts", "patient": HERS},
    a_visit() | {"id": "visit", "diagnosis": [{"condition": {"reference": "Condition/knee"}}]},
    an_hba1c(of="maria"),
    a_knee(),
    {"resourceType": "Procedure", "id": "scan", "status": "completed", "subject": HERS},
    {
        "resourceType": "MedicationRequest",
        "id": "pills",
        "status": "active",
        "intent": "order",
        "subject": HERS,
        "medicationCodeableConcept": {"text": "Metformin"},
    },
    {"resourceType": "RelatedPerson", "id": "her-son", "patient": HERS},
    {"resourceType": "Location", "id": "ward", "name": "North"},
    {"resourceType": "Practitioner", "id": "costa", "name": [{"family": "Costa"}]},
    {"resourceType": "Schedule", "id": "costa", "actor": [{"reference": "Practitioner/costa"}]},
)
GUARDED = a_slot("ten"), an_appointment("consultation")


@BOTH
class TestWhatNamesItsPatientByANumber:
    """As an engine sends it that knows no id of ours: the timeline shows it, and so must the rest (FH-1)."""

    def knee(self) -> dict[str, Any]:
        number = {"system": "https://clinic.example/mrn", "value": "MRN-maria"}
        return a_knee(subject={"identifier": number})

    def test_is_remembered_of_them(self, product: Product) -> None:
        sent(product, bundle("transaction", put(self.knee())))
        product.run()

        assert "write_bundle" in [one["what"] for one in audited(product, patient_id="maria")]

    def test_is_given_out_with_the_rest(self, product: Product) -> None:
        product.write(self.knee())

        path, token = "/api/fhir/bundles?patient=maria&types=Condition", product.staff("healthcare_user")
        given = product.ask("GET", path, token=token, **REASON).json["bundle"]["entry"]

        assert [one["resource"]["id"] for one in given] == ["knee"]


@BOTH
class TestTheTypesInPlay:
    """Patient, nine more and the three that booking needs (FH-1); who has which time, bundles only read."""

    def test_pass_in_and_out(self, product: Product) -> None:
        answer = sent(product, bundle("batch", *(put(one) for one in (*IN_PLAY, *GUARDED))))
        product.write(*GUARDED)

        assert outcomes(answer) == ["created"] * len(IN_PLAY) + ["refused"] * len(GUARDED)
        token = product.staff("healthcare_user")
        path = "/api/fhir/bundles?patient=maria"
        given = product.ask("GET", path, token=token, **REASON).json["bundle"]["entry"]
        assert {one["resource"]["resourceType"] for one in given} == {
            "Patient",
            "Appointment",
            *(one["resourceType"] for one in IN_PLAY if "Patient/maria" in str(one)),
        }


class TestTheMaps:
    def test_let_nobody_write_past_the_guards_of_booking(self, product: Product) -> None:
        slot = {
            "resourceType": "Slot",
            "id": "nine",
            "schedule": {"reference": "Schedule/costa"},
            "status": "free",
            "start": "2026-11-20T09:00:00Z",
            "end": "2026-11-20T09:20:00Z",
        }

        answer = sent(product, bundle("transaction", put(a_knee()), put(slot)))

        assert (answer.status, answer.json["type"], answer.fields) == (
            422,
            "/problems/entries-refused",
            {"entry[1]"},
        )
        assert product.app.record.read_many([("Condition", "knee"), ("Slot", "nine")]).resources == {}

    def test_name_what_does_not_pass_of_a_batch_and_let_the_rest(self, product: Product) -> None:
        answer = sent(product, bundle("batch", put(a_knee()), gone("Patient", "maria")))

        assert outcomes(answer) == ["created", "refused"]
        assert answer.json["results"][1]["why"].startswith("delete does not pass")
        assert product.app.record.read("Patient", "maria")["id"] == "maria"

    def test_let_deletions_pass_once_somebody_says_so(self, product: Product) -> None:
        sent(product, bundle("batch", put(a_knee())))
        assert mapped(product, "Condition", "read", "delete").status == 200

        assert outcomes(sent(product, bundle("batch", gone("Condition", "knee")))) == ["deleted"]
        assert outcomes(sent(product, bundle("batch", gone("Condition", "knee")))) == ["unchanged"]
        assert outcomes(sent(product, bundle("batch", put(a_knee())))) == ["refused"]

    def test_of_a_disabled_type_let_nothing_pass_either_way(self, product: Product) -> None:
        sent(product, bundle("batch", put(a_knee())))
        mapped(product, "Condition")

        assert outcomes(sent(product, bundle("batch", put(a_knee(code={"text": "Gout"}))))) == ["refused"]
        token = product.staff("healthcare_user")
        asked = product.ask("GET", "/api/fhir/bundles?patient=maria&types=Condition", token=token, **REASON)
        assert (asked.status, asked.json["type"]) == (422, "/problems/type-does-not-pass")
        whole = product.ask("GET", "/api/fhir/bundles?patient=maria", token=token, **REASON).json["bundle"]
        assert [one["resource"]["resourceType"] for one in whole["entry"]] == ["Patient"]


@BOTH
class TestAVersionThatIsNamed:
    def test_must_still_be_there(self, product: Product) -> None:
        sent(product, bundle("transaction", put(a_knee())))
        other = a_knee(code={"text": "Gout"})

        stale = sent(product, bundle("transaction", put(other, ifMatch='W/"7"')))

        assert (stale.status, stale.fields) == (412, {"entry[0]"})
        assert outcomes(sent(product, bundle("batch", put(other, ifMatch='W/"7"')))) == ["refused"]
        assert outcomes(sent(product, bundle("transaction", put(other, ifMatch='W/"1"')))) == ["updated"]


class TestNonsense:
    @pytest.mark.parametrize(
        ("entry", "path"),
        [
            (put(a_knee(code="Schizophrenia")), "entry[1].resource.code"),
            (
                put({k: v for k, v in an_hba1c(of="maria").items() if k != "status"}),
                "entry[1].resource.status",
            ),
            (put(a_knee(subject={"reference": "Dr Costa"})), "entry[1].resource.subject.reference"),
            (put(a_knee(subject={"reference": "urn:uuid:nobody"})), "entry[1].resource.subject.reference"),
            (put({"resourceType": "Schizophrenia", "id": "x"}), "entry[1].request.url"),
            (
                put(a_knee()) | {"request": {"method": "PUT", "url": "Condition/other"}},
                "entry[1].resource.id",
            ),
            (
                put(a_knee()) | {"request": {"method": "PATCH", "url": "Condition/knee"}},
                "entry[1].request.method",
            ),
            (put(a_knee(), ifNoneExist="identifier=Schizophrenia"), "entry[1].request.ifNoneExist"),
            (put(a_knee(), ifMatch="Schizophrenia"), "entry[1].request.ifMatch"),
            (post("no-uuid", a_knee()), "entry[1].fullUrl"),
            ({"resource": a_knee()}, "entry[1].request"),
            (put(an_hba1c("first", of="maria")), "entry[1]"),
        ],
    )
    def test_is_named_by_its_path_and_never_by_its_value(
        self, product: Product, entry: dict[str, Any], path: str
    ) -> None:
        before = product.footprint()

        answer = sent(product, bundle("batch", put(an_hba1c("first", of="maria")), entry))

        assert (answer.status, answer.fields) == (400, {path})
        assert "Schizophrenia" not in answer.body.decode()
        assert product.footprint() == before

    @pytest.mark.parametrize(
        "body",
        [b"{", b'{"resourceType": "Bundle", "resourceType": "Bundle"}', b"[]", b'{"a": NaN}', b"<Bundle/>"],
    )
    def test_that_is_no_json_is_refused(self, product: Product, body: bytes) -> None:
        assert sent(product, body).status == 400

    def test_of_another_media_type_is_refused(self, product: Product) -> None:
        answer = sent(product, b"<Bundle/>", Content_Type="application/fhir+xml")

        assert answer.status == 415

    def test_of_more_than_can_be_is_refused(self, product: Product) -> None:
        many = [put(an_hba1c(f"o-{n}", of="maria")) for n in range(501)]

        assert sent(product, bundle("batch", *many)).fields == {"entry"}
        most = 2 * 1024 * 1024
        answer = sent(product, b" " * (most + 1))
        assert answer.status == 413
        assert answer.json["errors"] == [{"field": "body", "problem": f"more than {most} bytes"}]

    def test_of_a_bundle_of_500_there_is_none(self, product: Product) -> None:
        many = [put(an_hba1c(f"o-{n}", of="maria")) for n in range(500)]

        assert set(outcomes(sent(product, bundle("collection", *many)))) == {"created"}


XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">'
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def sorted_by_type(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    entries: list[dict[str, Any]] = answer.json["bundle"]["entry"]
    return sorted(entries, key=lambda one: one["resource"]["resourceType"])


@BOTH
class TestWhatIsGivenOut:
    def pages(self, product: Product, asked: str) -> list[list[str]]:
        found: list[list[str]] = []
        after = ""
        token = product.staff("healthcare_user")
        while True:
            path = f"/api/fhir/bundles?patient=maria{asked}{after}"
            page = product.ask("GET", path, token=token, **REASON).json
            entries = page["bundle"].get("entry", [])
            found.append([f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in entries])
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"

    def test_comes_page_by_page_each_once(self, product: Product) -> None:
        product.write(a_knee(), *(an_hba1c(f"o-{n}", of="maria") for n in (3, 1, 2)))
        product.write(a_patient("john"), an_hba1c("johns", of="john"))

        assert self.pages(product, "&limit=2") == [
            ["Patient/maria", "Condition/knee"],
            ["Observation/o-1", "Observation/o-2"],
            ["Observation/o-3"],
        ]
        assert self.pages(product, "&types=Observation&limit=3") == [
            [f"Observation/o-{n}" for n in (1, 2, 3)]
        ]
        assert self.pages(product, "&types=Procedure") == [[]]

    def test_tells_in_words_what_a_code_means_that_has_none(self, product: Product) -> None:
        bare = {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]}
        said = {"coding": [{"system": "http://loinc.org", "code": "4548-4", "display": "A1c"}]}
        product.write({**an_hba1c("o-1", of="maria"), "code": bare})
        product.write({**an_hba1c("o-2", of="maria"), "code": said})
        concept = {"name": "hba1c", "text": "HbA1c", "system": "http://loinc.org", "code": "4548-4"}
        path = "/api/entity-maps/Observation/concepts"
        product.ask("PUT", path, body={"concepts": [concept]}, token=product.staff(SYNC))

        token = product.staff("healthcare_user")
        asked = "/api/fhir/bundles?patient=maria&types=Observation"
        entries = product.ask("GET", asked, token=token, **REASON).json["bundle"]["entry"]

        displays = [one["resource"]["code"]["coding"][0]["display"] for one in entries]
        assert displays == ["HbA1c", "A1c"]

    NOT_SURELY_HERS = (
        {"identifier": {"system": "urn:elsewhere", "value": "77"}},
        {"type": "RelatedPerson", "identifier": {"system": "urn:elsewhere", "value": "78"}},
        {"reference": "https://elsewhere.example/fhir/Patient/maria"},
        {"reference": "https://elsewhere.example/people/77"},
    )

    def shared_with_john(self, product: Product) -> None:
        """Write a visit of both, Maria's mother's as well as John's wife, and what else names him."""
        johns_wife = {"resourceType": "RelatedPerson", "id": "wife", "patient": {"reference": "Patient/john"}}
        her_mother = {"resourceType": "RelatedPerson", "id": "mother", "patient": HERS}
        who = (
            "Patient/maria",
            "Patient/john",
            "RelatedPerson/wife",
            "RelatedPerson/mother",
            "Practitioner/dr",
        )
        npi = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}
        visit = {
            "resourceType": "Appointment",
            "id": "group",
            "status": "booked",
            "text": {"status": "generated", "div": f"{XHTML}Maria, JOHN</div>"},
            "reasonReference": [{"reference": "Condition/knee"}, {"reference": "Condition/johns"}],
            "supportingInformation": [{"reference": "Observation/johns", "display": "JOHN's"}],
            "slot": [{"reference": "Slot/s"}],
            "reasonCode": [{"text": "JOHN's lump"}],
            "contained": [
                {
                    "resourceType": "Device",
                    "id": "d",
                    "text": {"status": "generated", "div": f"{XHTML}JOHN's</div>"},
                }
            ],
            "participant": [
                *({"actor": {"reference": one, "display": one}, "status": "accepted"} for one in who),
                {"actor": {"display": "JOHN'S FRIEND"}, "status": "accepted"},
                *({"actor": one | {"display": "JOHN"}, "status": "accepted"} for one in self.NOT_SURELY_HERS),
                {"actor": {"type": "Practitioner", "identifier": npi}, "status": "accepted"},
            ],
        }
        number = {"system": "urn:mrn", "value": "JOHN-7"}
        covered = {
            "resourceType": "Coverage",
            "id": "plan",
            "status": "active",
            "beneficiary": HERS,
            "subscriber": {"type": "Patient", "identifier": number, "display": "JOHN"},
            "payor": [{"reference": "Patient/john", "display": "JOHN"}],
        }
        product.write(a_patient("john"), a_knee(), an_hba1c("johns", of="john"), johns_wife, her_mother)
        product.write(a_knee(id="johns", subject={"reference": "Patient/john"}), visit, covered)

    def test_says_nothing_of_others_who_share_a_visit_or_pay(self, product: Product) -> None:
        self.shared_with_john(product)
        masked = {"extension": [{"url": ABSENT, "valueCode": "masked"}]}
        token = product.staff("healthcare_user")
        asked = "/api/fhir/bundles?patient=maria&types=Appointment,Coverage,Condition"

        answer = product.ask("GET", asked, token=token, **REASON)

        visit, knee, plan = (one["resource"] for one in sorted_by_type(answer))
        actors = [one["actor"].get("reference") for one in visit["participant"]]
        assert actors == ["Patient/maria", "RelatedPerson/mother", "Practitioner/dr", None]
        assert visit["participant"][3]["actor"]["type"] == "Practitioner"
        assert visit["reasonReference"] == [{"reference": "Condition/knee"}, masked]
        assert (visit["supportingInformation"], visit["slot"]) == ([masked], [{"reference": "Slot/s"}])
        assert (plan["subscriber"], plan["payor"], plan["beneficiary"]) == (masked, [masked], HERS)
        assert [[one["code"] for one in each["meta"].get("tag", ())] for each in (visit, knee, plan)] == [
            ["SUBSETTED"],
            [],
            ["SUBSETTED"],
        ]
        assert "JOHN" not in answer.body.decode()
        assert "wife" not in answer.body.decode()

    def test_is_given_whole_to_a_system_that_reads_everybody(self, product: Product) -> None:
        self.shared_with_john(product)
        asked = "/api/fhir/bundles?patient=maria&types=Appointment,Coverage"

        answer = product.ask("GET", asked, token=product.staff("healthcare_user", idtyp="app"), X_Reason="")

        visit, plan = (one["resource"] for one in sorted_by_type(answer))
        assert len(visit["participant"]) == 7 + len(self.NOT_SURELY_HERS)
        assert plan["payor"] == [{"reference": "Patient/john", "display": "JOHN"}]

    def test_is_not_written_over_the_whole_where_it_is_a_part(self, product: Product) -> None:
        self.shared_with_john(product)
        asked = "/api/fhir/bundles?patient=maria&types=Coverage"
        answer = product.ask("GET", asked, token=product.staff("healthcare_user"), **REASON)
        (plan,) = (one["resource"] for one in sorted_by_type(answer))

        back = sent(product, bundle("batch", put(plan | {"status": "cancelled"})))

        (result,) = back.json["results"]
        assert (result["outcome"], "a part" in result["why"]) == ("refused", True)
        assert product.app.record.read("Coverage", "plan")["subscriber"]["display"] == "JOHN"

    def test_is_for_those_who_treat_and_have_a_ground(self, product: Product) -> None:
        path = "/api/fhir/bundles?patient=maria"

        assert product.ask("GET", path, token=product.staff("healthcare_user")).status == 403
        assert product.ask("GET", path, token=product.staff(SYNC), **REASON).status == 403

    def test_is_remembered(self, product: Product) -> None:
        self.pages(product, "")
        product.run()

        (entry,) = audited(product, patient_id="maria")
        assert (entry["what"], entry["why"]) == ("read_bundle", "break glass: Sync check")

    def test_is_nothing_of_nobody_in_particular(self, product: Product) -> None:
        answer = product.ask("GET", "/api/fhir/bundles", token=product.staff("healthcare_user"), **REASON)

        assert (answer.status, answer.fields) == (400, {"patient"})

    @pytest.mark.parametrize("asked", ["&types=Device", "&after=Observation/", "&after=Slot/x"])
    def test_is_nothing_for_what_makes_no_sense(self, product: Product, asked: str) -> None:
        token = product.staff("healthcare_user")

        answer = product.ask("GET", f"/api/fhir/bundles?patient=maria{asked}", token=token, **REASON)

        assert answer.status == 400


class TestAnEntityMap:
    def test_as_shipped_lets_pass_what_the_house_knows(self, product: Product) -> None:
        shown = product.ask("GET", "/api/entity-maps", token=product.staff(SYNC)).json["maps"]

        by_type = {one["resource_type"]: one for one in shown}
        assert by_type["Observation"]["messages"] == ["read", "create", "update"]
        assert by_type["Slot"]["messages"] == ["read"]
        assert {name for name, one in by_type.items() if one["write_back"]} == {
            "Appointment",
            "Consent",
            "Patient",
        }
        assert {one["version"] for one in shown} == {0}

    def test_is_changed_only_by_who_has_seen_it(self, product: Product) -> None:
        kept = mapped(product, "Device", "read")
        token, path = product.staff(SYNC), "/api/entity-maps/Device"
        wanted: dict[str, Any] = {"is_enabled": False, "messages": []}

        blind = product.ask("PUT", path, body=wanted, token=token)
        stale = product.ask("PUT", path, body=wanted, token=token, If_Match="other")
        seen = product.ask("PUT", path, body=wanted, token=token, If_Match=kept.headers["etag"])

        assert (blind.status, stale.status, seen.status) == (409, 412, 200)
        assert (kept.json["entity_map"]["version"], seen.json["entity_map"]["version"]) == (1, 2)

    def test_keeps_its_concepts_and_its_switches_apart(self, product: Product) -> None:
        token = product.staff(SYNC)
        hba1c = {
            "name": "hba1c",
            "text": "HbA1c, långtidsblodsocker",
            "system": "http://loinc.org",
            "code": "4548-4",
        }
        path = "/api/entity-maps/Observation"

        kept = product.ask("PUT", f"{path}/concepts", body={"concepts": [hba1c]}, token=token)
        etag = kept.headers["etag"]
        off = {"is_enabled": False, "messages": ["read"]}
        product.ask("PUT", path, body=off, token=token, If_Match=etag)

        shown = product.ask("GET", f"{path}/concepts", token=token).json
        assert shown["concepts"] == [hba1c | {"type": None}]
        whole = product.ask("GET", path, token=token).json["entity_map"]
        assert (whole["is_enabled"], whole["messages"], len(whole["concepts"])) == (False, ["read"], 1)

    def test_is_remembered_when_it_is_changed(self, product: Product) -> None:
        mapped(product, "Device", "read")
        product.run()

        (entry,) = [one for one in audited(product) if one["what"] == "put_entity_map"]
        assert entry["subject"] == "entity-map/Device"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"is_enabled": True, "messages": []}, "messages"),
            ({"is_enabled": True, "messages": ["read", "read"]}, "messages"),
            ({"is_enabled": True, "messages": ["read"], "write_back": True}, "write_back"),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, product: Product, body: dict[str, Any], field: str) -> None:
        answer = product.ask("PUT", "/api/entity-maps/Device", body=body, token=product.staff(SYNC))

        assert (answer.status, answer.fields) == (400, {field})

    def test_of_a_code_twice_or_of_no_type_is_refused(self, product: Product) -> None:
        token = product.staff(SYNC)
        one = {"name": "a", "text": "A", "system": "s", "code": "1"}
        twice = {"concepts": [one, one | {"name": "b", "text": "\n"}]}

        answer = product.ask("PUT", "/api/entity-maps/Device/concepts", body=twice, token=token)

        assert (answer.status, answer.fields) == (400, {"concepts.1.text", "concepts.1.code"})
        assert product.ask("GET", "/api/entity-maps/Gadget", token=token).status == 404


@BOTH
class TestWriteBack:
    """What the house itself writes asks the map of its type (FH-7)."""

    @pytest.fixture(autouse=True)
    def slots(self, product: Product) -> None:
        offer_slots(product, NOON + timedelta(days=1))
        product.run()

    def book(self, product: Product) -> Answer:
        token = product.patient("maria")
        return product.ask("POST", "/api/me/appointments", body={"slot_id": "slot-0"}, token=token)

    def written(self, product: Product, kind: str) -> list[str]:
        types = ("Appointment", "Basic") if kind == "Appointment" else (kind,)
        found = [product.app.record.search(one, SearchParameters()).matches for one in types]
        return [one["id"] for some in found for one in some]

    def test_of_appointments_that_is_off_books_nothing_and_says_so(self, product: Product) -> None:
        assert mapped(product, "Appointment", "read", write_back=False).status == 200

        answer = self.book(product)
        product.run()

        assert (answer.status, answer.json["type"]) == (409, "/problems/write-back-is-off")
        assert "ask a person" in answer.json["title"]
        assert self.written(product, "Appointment") == []
        assert product.app.record.read("Slot", "slot-0")["status"] == "free"
        token = product.staff("care_coordinator")
        (wish,) = product.ask("GET", "/api/patients/maria/bookings", token=token).json["bookings"]
        assert (wish["state"], wish["refusal"]) == ("refused", "WriteBackIsOff")

    def test_that_was_switched_off_meanwhile_leaves_what_is_booked(self, product: Product) -> None:
        booked = self.book(product)
        mapped(product, "Appointment", "read", write_back=False)
        product.pass_by(timedelta(seconds=2))

        path = f"/api/me/appointments/{booked.json['id']}/cancel"
        answer = product.ask("POST", path, body={}, token=product.patient("maria"))

        assert (booked.status, answer.status) == (201, 409)
        kept = product.app.record.read("Appointment", booked.json["id"])
        assert kept["status"] == "booked"

    def test_of_consents_that_is_off_writes_none_and_keeps_what_was_said(
        self, product: Product, caplog: pytest.LogCaptureFixture
    ) -> None:
        mapped(product, "Consent", "read", write_back=False)
        choice = {"channel": "sms", "purpose": "commercial", "choice": "opted_out"}
        with caplog.at_level("WARNING"):
            product.ask("POST", "/api/me/consents", body=choice, token=product.patient("maria"))
            product.run()

        assert self.written(product, "Consent") == []
        assert "consent.consent.not_written" in caplog.messages
        said = product.ask("GET", "/api/me/consents", token=product.patient("maria")).body.decode()
        assert "opted_out" in said
