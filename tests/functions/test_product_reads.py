"""Whoever of the staff looks at a patient is remembered, and the privacy officer can see it (D17)."""

import pytest

from tests.support.product import Product
from tests.support.product_story import audited, begin_story, sent

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

    def test_that_showed_nothing_is_not_remembered(self, product: Product) -> None:
        product.ask("GET", LOOKED_AT[0], token=product.staff("knowledge_manager"))
        product.ask("GET", "/api/patients/maria/messages/none", token=product.staff("care_coordinator"))
        product.run()

        assert audited(product, patient_id="maria") == []

    def test_by_herself_is_her_own_business(self, product: Product) -> None:
        product.ask("GET", "/api/me/messages", token=product.patient("maria"))
        product.run()

        assert len(sent(product)) == 1
        assert audited(product, patient_id="maria") == []
