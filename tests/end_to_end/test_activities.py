"""Activities through the product's own doors: told by a source, shown to those who may see them (UN-13)."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from shared.consent.data_requests.model import Person
from shared.kernel.identity import PatientId
from tests.support.fhir_people import a_patient
from tests.support.issuer import NOON, Issuer, an_issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_chat import offer_slots
from tests.support.product_story import audited

SHOP: dict[str, Any] = {
    "name": "Web shop order",
    "source": "Web shop",
    "kind": "sales_order",
    "fields": {
        "key": "id",
        "patient": "customer",
        "at": "at",
        "event": "state",
        "detail": "text",
        "url": "link",
    },
    "is_clinical": False,
    "for_patients": True,
}
CLINIC = {**SHOP, "name": "Asked about", "source": "Nurse line", "kind": "feedback", "is_clinical": True}
LINE = {**CLINIC, "for_patients": False}


@pytest.fixture(scope="module")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        one.write(a_patient(), a_patient("john"))
        yield one


def has_type(product: Product, draft: dict[str, Any], *, named: str = "orders", **headers: str) -> Answer:
    token = product.staff("data_administrator")
    return product.ask("PUT", f"/api/activity-types/{named}", body=draft, token=token, **headers)


def item(key: str, *, of: str = "maria", at: str = "2026-10-01T08:00:00Z", **more: Any) -> dict[str, Any]:
    return {"id": key, "customer": of, "at": at, **more}


def tells(product: Product, *items: dict[str, Any], of: str = "orders") -> Answer:
    body = {"activity_type": of, "items": list(items)}
    return product.ask("POST", "/api/activities", body=body, token=product.staff("data_contributor"))


def seen(product: Product, role: str = "care_coordinator", *, query: str = "") -> Any:
    path = f"/api/patients/maria/activities{query}"
    return product.ask("GET", path, token=product.staff(role), X_Reason="She%20asks").json


def keyed(found: Any) -> list[str]:
    return [one["detail"] for one in found["activities"]]


class TestASource:
    def test_tells_what_happened_once_however_often(self, product: Product) -> None:
        has_type(product, SHOP)
        order = item("7", state="placed", text="Braces", link="https://shop.example/7")
        first = tells(product, order, item("8", of="stranger"), {"id": "9"})
        again = tells(product, order)

        assert [one["outcome"] for one in first.json["items"]] == ["created", "refused", "refused"]
        assert first.json["items"][1]["problems"] == [["patient", "nobody we know"]]
        assert [one["outcome"] for one in again.json["items"]] == ["unchanged"]
        (shown,) = seen(product)["activities"]
        assert (shown["name"], shown["kind"], shown["event"]) == ("Web shop order", "sales_order", "placed")
        assert (shown["detail"], shown["url"]) == ("Braces", "https://shop.example/7")
        assert shown["at"] == "2026-10-01T08:00:00Z"

    def test_may_tell_five_hundred_at_once_and_no_more(self, product: Product) -> None:
        has_type(product, SHOP)
        many = [item(f"{number}", of=("maria", "john")[number % 2]) for number in range(501)]

        assert tells(product, *many).status == 400
        taken = tells(product, *many[:500])
        assert {one["outcome"] for one in taken.json["items"]} == {"created"}
        assert len(seen(product, query="?limit=100")["activities"]) == 100

    def test_is_told_when_its_type_is_not_there_or_ended(self, product: Product) -> None:
        etag = has_type(product, SHOP).json["etag"]
        has_type(product, {**SHOP, "state": "expired"}, If_Match=etag)

        assert tells(product, item("7")).status == 409
        assert tells(product, item("7"), of="nothing").status == 404

    def test_needs_the_role_for_it(self, product: Product) -> None:
        has_type(product, SHOP)
        body = {"activity_type": "orders", "items": [item("7")]}

        refused = product.ask("POST", "/api/activities", body=body, token=product.staff("marketing_manager"))

        assert refused.status == 403


class TestATimeline:
    def test_is_newest_first_a_page_at_a_time(self, product: Product) -> None:
        has_type(product, SHOP)
        tells(
            product,
            *(item(f"{day}", at=f"2026-10-0{day}T08:00:00Z", text=f"day {day}") for day in (3, 1, 5, 2, 4)),
        )

        pages = [seen(product, query="?limit=2")]
        while pages[-1]["next"]:
            pages.append(seen(product, query=f"?limit=2&after={pages[-1]['next']}"))

        assert [keyed(page) for page in pages] == [["day 5", "day 4"], ["day 3", "day 2"], ["day 1"]]

    def test_is_narrowed_by_kind_type_and_time(self, product: Product) -> None:
        has_type(product, SHOP)
        has_type(product, CLINIC, named="questions")
        for day in range(1, 6):
            at = f"2026-10-0{day}T08:00:00Z"
            of = "orders" if day % 2 else "questions"
            tells(product, item(f"{day}", at=at, text=f"day {day}"), of=of)

        within = "since=2026-10-02T08:00:00Z&until=2026-10-05T08:00:00Z"
        assert keyed(seen(product, query=f"?{within}")) == ["day 4", "day 3", "day 2"]
        assert keyed(seen(product, query=f"?{within}&limit=1&kind=feedback")) == ["day 4"]
        assert keyed(seen(product, query="?kind=feedback")) == ["day 4", "day 2"]
        assert keyed(seen(product, query="?activity_type=orders&until=2026-10-05T08:00:00Z")) == [
            "day 3",
            "day 1",
        ]
        for wrong in ("?kind=party", "?since=yesterday", "?since=2026-10-01T00:00:00", "?after=membership~x"):
            token = product.staff("care_coordinator")
            path = f"/api/patients/maria/activities{wrong}"
            assert product.ask("GET", path, token=token, X_Reason="She%20asks").status == 400

    def test_shows_each_what_they_may_see(self, product: Product) -> None:
        has_type(product, SHOP)
        has_type(product, CLINIC, named="questions")
        has_type(product, LINE, named="calls")
        etag = has_type(product, SHOP, named="clicks").json["etag"]
        for named in ("orders", "questions", "calls", "clicks"):
            tells(product, item("1", text=named), of=named)
        has_type(product, {**SHOP, "is_hidden": True}, named="clicks", If_Match=etag)

        mine = product.ask("GET", "/api/me/activities", token=product.patient("maria")).json
        his = product.ask("GET", "/api/me/activities", token=product.patient("john")).json

        assert sorted(keyed(seen(product, "healthcare_user"))) == ["calls", "orders", "questions"]
        assert keyed(seen(product, "healthcare_non_clinical_user")) == ["orders"]
        assert sorted(keyed(mine)) == ["orders", "questions"]
        assert his == {"activities": [], "next": None}

    def test_leaves_out_of_our_own_what_the_house_hides(self, product: Product) -> None:
        ours = {
            "name": "Chat",
            "source": "house",
            "kind": "conversation",
            "fields": {"key": "id", "patient": "patient_id", "at": "at", "event": "happened"},
            "is_clinical": False,
            "for_patients": True,
        }
        shown = has_type(product, ours, named="house-conversations")
        etag = shown.json["etag"]

        otherwise = has_type(product, {**ours, "kind": "other"}, named="house-conversations", If_Match=etag)
        hidden = has_type(product, {**ours, "is_hidden": True}, named="house-conversations", If_Match=etag)

        assert (shown.status, hidden.status, otherwise.status) == (200, 200, 400)
        assert otherwise.json["errors"] == [{"field": "kind", "problem": "not as our own flows have it"}]
        assert tells(product, item("7"), of="house-conversations").status == 409
        assert has_type(product, SHOP, named="house-orders").status == 400

    def test_is_shown_to_who_has_nothing_to_do_with_her_for_a_reason_alone(self, product: Product) -> None:
        has_type(product, SHOP)
        path, token = "/api/patients/maria/activities", product.staff("healthcare_user")

        refused = product.ask("GET", path, token=token)
        given = product.ask("GET", path, token=token, X_Reason="She%20cannot%20speak")
        product.run()

        assert (refused.status, refused.json["type"]) == (403, "/problems/care-relationship-missing")
        assert (given.status, given.json["ground"]) == (200, "break_glass")
        (kept,) = product.ask("GET", "/api/break-glass", token=product.staff("privacy_officer")).json[
            "readings"
        ]
        assert (kept["read"], kept["reason"]) == ("list_activities", "She cannot speak")
        told = [(one["outcome"], one["ground"]) for one in audited(product, patient_id="maria")]
        assert sorted(told, key=str) == [("done", "break_glass"), ("refused", None)]

    def test_no_longer_has_what_was_withdrawn(self, product: Product) -> None:
        has_type(product, SHOP)
        (taken,) = tells(product, item("7", text="Of somebody else")).json["items"]
        path = f"/api/patients/maria/activities/{taken['activity_id']}/withdraw"
        token = product.staff("data_administrator")

        assert product.ask("POST", path, token=token).status == 204
        assert product.ask("POST", path, token=token).status == 204
        assert seen(product)["activities"] == []
        elsewhere = path.replace("maria", "john")
        assert product.ask("POST", elsewhere, token=token).status == 404

    def test_is_audited_when_it_is_read_or_written(self, product: Product) -> None:
        has_type(product, SHOP)
        (taken,) = tells(product, item("7")).json["items"]
        seen(product)
        path = f"/api/patients/maria/activities/{taken['activity_id']}/withdraw"
        product.ask("POST", path, token=product.staff("data_administrator"))
        product.run()

        told = [one["what"] for one in audited(product, patient_id="maria")]

        assert sorted(set(told) & {"take_in_activities", "list_activities", "withdraw_activity"}) == [
            "list_activities",
            "take_in_activities",
            "withdraw_activity",
        ]
        assert "put_activity_type" in {one["what"] for one in audited(product)}


class TestOurOwnFlows:
    def test_are_in_the_timeline(self, product: Product) -> None:
        offer_slots(product, NOON + timedelta(days=2))
        maria = product.patient("maria")
        done = product.ask("POST", "/api/me/appointments", body={"slot_id": "slot-0"}, token=maria)
        product.run()

        (mine,) = product.ask("GET", "/api/me/activities", token=maria).json["activities"]

        assert done.status == 201
        assert (mine["kind"], mine["event"], mine["source"]) == ("appointment", "booked", "house")
        assert mine in seen(product, "healthcare_non_clinical_user")["activities"]
        assert product.failures == []


class TestAType:
    def test_is_kept_in_versions_by_who_has_seen_it(self, product: Product) -> None:
        etag = has_type(product, SHOP).json["etag"]

        assert has_type(product, SHOP).status == 409
        assert has_type(product, SHOP, If_Match="0").status == 412
        changed = has_type(product, {**SHOP, "name": "Order"}, If_Match=etag).json
        assert changed["activity_type"]["version"] == 2
        token = product.staff("data_viewer")
        assert product.ask("GET", "/api/activity-types/orders", token=token).json == changed
        (listed,) = product.ask("GET", "/api/activity-types?state=live", token=token).json["activity_types"]
        assert listed == changed

    def test_that_makes_no_sense_is_refused(self, product: Product) -> None:
        refused = has_type(product, {**SHOP, "fields": {"key": "a b", "patient": "customer", "at": "at"}})

        assert refused.status == 400
        assert "fields.key" in str(refused.json)


class TestSomebodyUnknown:
    BY_NUMBER: ClassVar = {
        **SHOP,
        "naming": {"by": "identifier", "system": "https://shop.example/customers"},
        "waits_days": 7,
    }

    def test_is_listed_and_found_by_the_shops_own_number_once_they_come(self, product: Product) -> None:
        has_type(product, self.BY_NUMBER)
        (taken,) = tells(product, item("7", of="0815", text="Braces")).json["items"]
        product.run()
        (waits,) = waiting(product)

        number = {"system": "https://shop.example/customers", "value": "0815"}
        product.write(a_patient(identifier=[number]))
        product.clock.pass_by(timedelta(minutes=11))
        product.run()

        assert (taken["outcome"], taken["problems"]) == ("waiting", [["patient", "nobody we know"]])
        assert (waits["key"], waits["because"]) == ("7", "nobody we know")
        assert "0815" not in str(waits)
        assert waiting(product) == []
        assert keyed(seen(product)) == ["Braces"]

    def test_can_be_forgotten_before_their_time(self, product: Product) -> None:
        has_type(product, self.BY_NUMBER)
        tells(product, item("7", of="0815"))
        (waits,) = waiting(product)
        path = f"/api/unplaced-activities/{waits['id']}/discard"
        token = product.staff("operator")

        refused = product.ask("POST", path, token=product.staff("data_contributor"))
        discarded = [product.ask("POST", path, token=token).status for _ in range(2)]
        product.run()

        assert (refused.status, discarded) == (403, [204, 404])
        assert waiting(product) == []
        assert [one["what"] for one in audited(product)].count("discard_unplaced") == 1

    def test_goes_with_the_person_who_asks_to_be_forgotten(self, product: Product) -> None:
        number = {"system": "https://shop.example/customers", "value": "0815"}
        product.write(a_patient(identifier=[number]), a_patient("john", identifier=[number]))
        product.run()
        has_type(product, self.BY_NUMBER)
        (taken,) = tells(product, item("7", of="0815")).json["items"]

        held = product.app.personal_data.holdings
        (kind,) = [one for one in held if one.name == "unplaced-activity.unplaced"]
        found = [list(kind.of(Person(PatientId(of), ()))) for of in ("maria", "john", "li")]

        assert taken["problems"] == [["patient", "several patients"]]
        assert [len(one) for one in found] == [1, 1, 0]


def waiting(product: Product) -> list[dict[str, Any]]:
    found = product.ask("GET", "/api/unplaced-activities", token=product.staff("data_administrator"))
    return found.json["activities"]
