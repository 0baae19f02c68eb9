"""A result is written or changed; whoever allows it has a personal text message, by day (FH-12, B19)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.product import Product
from tests.support.product_story import a_patient, an_hba1c, sent, states_of

STEP = {"kind": "send_message", "id": "write", "channel": "sms", "template_id": "result"}
MAKES = {
    "triggers/results": {
        "name": "A result of HbA1c",
        "resource_type": "Observation",
        "when": "either",
        "codes": [{"system": "http://loinc.org", "code": "4548-4"}],
        "changed": ["value"],
        "state": "ready_to_use",
    },
    "templates/result": {
        "purpose": "transactional",
        "default_language": "en",
        "variants": [
            {"channel": "sms", "language": "en", "text": "{{ given }}, there is a result for you. Ask us."}
        ],
    },
    "journeys/result": {
        "name": "A result",
        "purpose": "To tell of a result",
        "starts_on": "results",
        "reentry_days": 0,
        "steps": [STEP],
        "state": "live",
    },
}


@pytest.fixture(autouse=True)
def begun(product: Product) -> None:
    for path, body in MAKES.items():
        answer = product.ask("PUT", f"/api/{path}", body=body, token=product.staff("marketing_manager"))
        assert answer.status == 200, answer.json
    product.pass_by(timedelta(minutes=1))
    product.write(a_patient("maria"))
    product.run()


def results(product: Product, *values: float, **more: Any) -> None:
    for value in values:
        product.write(an_hba1c(of="maria", value=value) | more)
        product.run()
        product.pass_by(timedelta(minutes=1))


def texts(product: Product) -> list[str]:
    return [message.text.value for message in sent(product)]


class TestAResult:
    def test_is_told_when_it_is_written_and_when_it_says_something_else(self, product: Product) -> None:
        results(product, 8.2)
        results(product, 8.2, note=[{"text": "Checked by a second person."}])
        results(product, 8.4)

        assert texts(product) == ["Maria, there is a result for you. Ask us."] * 2

    def test_of_the_night_is_told_in_the_morning(self, product: Product) -> None:
        product.pass_by(timedelta(hours=11))
        results(product, 8.2)
        assert states_of(product) == [("sms", "held", "quiet_time")]

        product.pass_by(timedelta(hours=10))

        assert texts(product) == ["Maria, there is a result for you. Ask us."]

    def test_is_not_told_to_who_does_not_want_it(self, product: Product) -> None:
        no = {"channel": "sms", "purpose": "transactional", "choice": "opted_out"}
        answer = product.ask("POST", "/api/me/consents", body=no, token=product.patient("maria"))
        assert answer.status < 300, answer.json
        product.run()

        results(product, 8.2)

        assert states_of(product) == [("sms", "refused", "opted_out")]
        assert texts(product) == []
