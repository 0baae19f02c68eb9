"""A message that was opened or clicked, from the provider's report to the timeline (UN-13, CO-9)."""

from typing import Any

import pytest

from tests.support.product import Answer, Product
from tests.support.product_story import a_patient, begin_story, sent

SEEN = "/api/patients/maria/activities?activity_type=house-messages-used"


def reports(product: Product, status: str, event: str, **more: str) -> Answer:
    body = {
        "RequestId": sent(product)[0].request_id,
        "Status": status,
        "EventId": event,
        "At": product.clock.now().isoformat(),
    }
    answer = product.call("record_delivery_report", body | more)
    product.run()
    return answer


def seen(product: Product, role: str = "healthcare_user", path: str = SEEN) -> list[Any]:
    return product.ask("GET", path, token=product.staff(role), X_Reason="She rang").json["activities"]


@pytest.fixture
def agreed(product: Product) -> Product:
    """Give a house in which Maria has agreed to tracking, and was then written to."""
    product.write(a_patient("maria"))
    said = {"channel": "sms", "purpose": "tracking", "choice": "opted_in"}
    answer = product.ask("POST", "/api/me/consents", body=said, token=product.patient("maria"))
    assert answer.status == 201, answer.json
    return begin_story(product)


class TestAMessageThatWasUsed:
    def test_is_not_known_to_be_where_its_reader_said_nothing(self, product: Product) -> None:
        begin_story(product)

        answer = reports(product, "Opened", "e-0")

        assert (answer.status, seen(product)) == (204, [])

    def test_is_told_once_and_names_its_link_to_those_who_treat(self, agreed: Product) -> None:
        answers = [reports(agreed, "Clicked", "e-1", Link="leaflet").status for _ in range(2)]

        assert answers == [204, 204]
        assert [(one["event"], one["about"]) for one in seen(agreed)] == [
            ("clicked", "template/hba1c-talk-sms: leaflet")
        ]
        assert [one["about"] for one in seen(agreed, "healthcare_non_clinical_user")] == [None]

    def test_is_refused_with_an_address_for_a_link_and_does_not_repeat_it(self, agreed: Product) -> None:
        answer = reports(agreed, "Clicked", "e-2", Link="https://clinic.example/?token=abc")

        assert (answer.status, [one["field"] for one in answer.json["errors"]]) == (400, ["Link"])
        assert "abc" not in answer.body.decode()

    def test_is_hidden_where_the_house_says_so(self, agreed: Product) -> None:
        reports(agreed, "Opened", "e-3")
        hidden = {
            "name": "Message opened or clicked",
            "source": "house",
            "kind": "message",
            "fields": {"key": "id", "patient": "patient_id", "at": "at", "event": "happened"},
            "is_clinical": False,
            "for_patients": False,
            "is_hidden": True,
        }
        keeper = agreed.staff("data_administrator")
        kept = agreed.ask("PUT", "/api/activity-types/house-messages-used", body=hidden, token=keeper)

        assert kept.status == 200, kept.json
        assert seen(agreed) == []
