"""Whoever of the staff looks at a patient is remembered, and the privacy officer can see it (D17)."""

import pytest

from tests.support.product import Product
from tests.support.product_story import audited, begin_story

LOOKED_AT = ["/api/patients/maria/messages", "/api/patients/maria/enrolments", "/api/patients/maria/consents"]


@pytest.fixture(autouse=True)
def story(product: Product) -> None:
    begin_story(product)


class TestReadingAPatient:
    @pytest.mark.parametrize("path", LOOKED_AT)
    def test_by_staff_is_remembered(self, product: Product, path: str) -> None:
        answer = product.ask("GET", path, token=product.staff("care_coordinator"))
        product.run()

        assert answer.status == 200
        (entry,) = audited(product, patient_id="maria")
        assert entry["what"].startswith(("list_", "read_"))
        assert entry["who"]

    def test_that_was_refused_is_remembered_as_that(self, product: Product) -> None:
        token = product.staff("knowledge_manager", sub="curious")

        answer = product.ask("GET", LOOKED_AT[0], token=token)
        product.run()

        assert answer.status == 403
        (entry,) = audited(product, patient_id="maria")
        assert (entry["what"], entry["outcome"]) == ("list_messages", "refused")
        assert entry["who"].endswith("|curious")

    def test_that_showed_nothing_is_not_remembered(self, product: Product) -> None:
        product.ask("GET", "/api/patients/maria/messages/none", token=product.staff("care_coordinator"))
        product.run()

        assert audited(product, patient_id="maria") == []

    def test_by_herself_is_remembered_as_such(self, product: Product) -> None:
        """Or else nobody would see that it was somebody else, with her telephone in hand."""
        product.ask("GET", "/api/me/messages", token=product.patient("maria"))
        product.run()

        (entry,) = audited(product, patient_id="maria")
        assert (entry["what"], entry["ground"], entry["roles"]) == ("list_own_messages", "own_record", [])

    def test_of_the_audit_itself_is_remembered(self, product: Product) -> None:
        audited(product, patient_id="maria")
        product.run()

        (entry,) = audited(product, patient_id="maria")
        assert (entry["what"], entry["subject"], entry["roles"]) == (
            "list_audit",
            "audit",
            ["privacy_officer"],
        )
