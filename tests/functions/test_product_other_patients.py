"""One patient's ids in another's hands: nothing is shown, nothing is done, and nothing is given away."""

from typing import Any

import pytest

from tests.support.product import Product
from tests.support.product_story import (
    JOHNS_MAILBOX,
    JOHNS_MOBILE,
    MAILBOX,
    MOBILE,
    begin_story,
    enrolments_of,
    messages_of,
)

COMMERCIAL = {"channel": "email", "purpose": "commercial", "choice": "opted_out"}


@pytest.fixture(scope="module")
def product(standing: Product) -> Product:
    """Give a product in which Maria has had a message, and John nothing."""
    return begin_story(standing)


@pytest.fixture
def marias(product: Product) -> str:
    return str(messages_of(product, "maria")[0]["message_id"])


class TestPatients:
    def test_read_what_is_their_own(self, product: Product, marias: str) -> None:
        answer = product.ask("GET", f"/api/me/messages/{marias}", token=product.patient("maria"))

        assert (answer.status, answer.json["message_id"]) == (200, marias)

    def test_do_not_read_anothers_message(self, product: Product, marias: str) -> None:
        real = product.ask("GET", f"/api/me/messages/{marias}", token=product.patient("john"))
        made_up = product.ask("GET", "/api/me/messages/no-such-message", token=product.patient("john"))

        assert real.status == made_up.status == 404
        assert real.json["type"] == made_up.json["type"]

    def test_are_shown_only_their_own_messages(self, product: Product, marias: str) -> None:
        of_maria = product.ask("GET", "/api/me/messages", token=product.patient("maria")).json["messages"]
        of_john = product.ask("GET", "/api/me/messages", token=product.patient("john")).json["messages"]

        assert [message["message_id"] for message in of_maria] == [marias]
        assert of_john == []

    def test_cannot_go_on_where_anothers_page_ended(self, product: Product, marias: str) -> None:
        path = f"/api/me/messages?after=message~{marias[:-1]}"

        assert product.ask("GET", path, token=product.patient("john")).json["messages"] == []

    @pytest.mark.parametrize("address", [MAILBOX, MAILBOX.upper(), "nobody@example.org", MOBILE, ""])
    def test_say_nothing_about_anothers_address(self, product: Product, address: str) -> None:
        before = product.footprint()
        body = COMMERCIAL | {"address": address}

        answer = product.ask("POST", "/api/me/consents", body=body, token=product.patient("john"))

        assert (answer.status, answer.json["type"]) == (422, "/problems/not-their-contact-point")
        assert product.footprint() == before

    @pytest.mark.parametrize("named", [{"patient_id": "maria"}, {"contact": "email~1"}])
    def test_speak_for_nobody_else_by_naming_them(self, product: Product, named: dict[str, str]) -> None:
        before = product.footprint()

        answer = product.ask(
            "POST", "/api/me/consents", body=COMMERCIAL | named, token=product.patient("john")
        )

        assert answer.status == 400
        assert product.footprint() == before

    def test_see_only_their_own_contact_points(self, product: Product) -> None:
        shown = product.ask("GET", "/api/me/consents", token=product.patient("john")).json

        assert {point["address"] for point in shown["contact_points"]} == {JOHNS_MOBILE, JOHNS_MAILBOX}

    @pytest.mark.parametrize("asked", ["patient_id=maria", "subject=maria"])
    def test_cannot_ask_for_another_by_query(self, product: Product, asked: str) -> None:
        answer = product.ask("GET", f"/api/me/messages?{asked}", token=product.patient("john"))

        assert answer.status == 400

    @pytest.mark.parametrize(
        "path", ["messages", "messages/{message}", "messages/{message}/why", "enrolments", "consents"]
    )
    @pytest.mark.parametrize("whose", ["maria", "john"])
    def test_have_no_business_on_staffs_paths(
        self, product: Product, marias: str, path: str, whose: str
    ) -> None:
        """Not even for their own: what staff are shown is not what patients are shown."""
        whole = f"/api/patients/{whose}/{path.format(message=marias)}"

        assert product.ask("GET", whole, token=product.patient("john")).status == 403


class TestStaff:
    @pytest.mark.parametrize("path", ["", "/why"])
    def test_find_no_message_under_the_wrong_patient(self, product: Product, marias: str, path: str) -> None:
        token = product.staff("care_coordinator")
        right = product.ask("GET", f"/api/patients/maria/messages/{marias}{path}", token=token)
        wrong = product.ask("GET", f"/api/patients/john/messages/{marias}{path}", token=token)

        assert (right.status, wrong.status) == (200, 404)

    def test_end_no_enrolment_under_the_wrong_patient(self, product: Product) -> None:
        (enrolment,) = enrolments_of(product, "maria")
        before = product.footprint()

        answer = self.ended(product, "john", enrolment)

        assert (answer, enrolments_of(product, "maria")) == (404, [enrolment])
        assert product.footprint() == before

    @pytest.mark.parametrize("other", ["message~{message}", "firing~hba1c-above-threshold~Observation~hba1c"])
    def test_end_nothing_that_is_no_enrolment(self, product: Product, marias: str, other: str) -> None:
        before = product.footprint()

        assert self.ended(product, "maria", {"id": other.format(message=marias)}) == 404
        assert product.footprint() == before

    @pytest.mark.parametrize("address", [MAILBOX, "nobody@example.org"])
    def test_record_nothing_about_an_address_that_is_not_the_patients(
        self, product: Product, address: str
    ) -> None:
        before = product.footprint()

        answer = product.ask(
            "POST",
            "/api/patients/john/consents",
            body=COMMERCIAL | {"address": address},
            token=product.staff("care_coordinator"),
        )

        assert (answer.status, answer.json["type"]) == (422, "/problems/not-their-contact-point")
        assert product.footprint() == before

    @pytest.mark.parametrize(("method", "body"), [("GET", None), ("POST", COMMERCIAL)])
    def test_find_no_patient_who_is_not_in_the_record(
        self, product: Product, method: str, body: dict[str, str] | None
    ) -> None:
        token = product.staff("care_coordinator")

        answer = product.ask(method, "/api/patients/nobody/consents", body=body, token=token)

        assert answer.status == 404

    def ended(self, product: Product, patient_id: str, enrolment: Any) -> int:
        path = f"/api/patients/{patient_id}/enrolments/{enrolment['id']}/end"
        return product.ask(
            "POST", path, body={"why": "Mistaken"}, token=product.staff("care_coordinator")
        ).status
