"""What can never succeed is set aside with its reason, and an operator decides about it (D6)."""

from datetime import timedelta
from typing import Any

import pytest

from shared.wiring.queues import SESSION_QUEUES
from tests.support.edge_app import PLANTED
from tests.support.product import Answer, Product
from tests.support.product_story import (
    a_patient,
    an_hba1c,
    audited,
    keep_definitions,
    parked,
    sent,
)

UNKNOWN_TYPE = {
    "id": "e1",
    "eventType": "Microsoft.HealthcareApis.DicomImageCreated",
    "eventTime": "2026-11-02T12:00:00Z",
    "data": {"resourceType": "Observation", "resourceFhirId": "x", "resourceVersionId": 1, "note": PLANTED},
}
AHEAD_OF_THE_RECORD = {
    "id": "e2",
    "eventType": "Microsoft.HealthcareApis.FhirResourceUpdated",
    "eventTime": "2026-11-02T12:10:00Z",
    "data": {"resourceType": "Observation", "resourceFhirId": "hba1c", "resourceVersionId": 2},
}


@pytest.fixture(autouse=True)
def definitions(product: Product) -> None:
    keep_definitions(product)


def decide(product: Product, what: str, message: Any, why: str = "Seen to") -> Answer:
    return product.call(what, {"why": why}, parked_id=message["id"])


def decided(product: Product) -> list[tuple[str, str, str, str | None]]:
    """Give what the audit says of operators' decisions: what, about what, by whom and why."""
    return [
        (entry["what"], entry["subject"], entry["who"].rpartition("|")[2], entry["why"])
        for entry in audited(product)
        if entry["what"].endswith(("_parked", "_dead_letter"))
    ]


class TestAMessageThatCanNeverSucceed:
    def test_is_parked_with_its_reason(self, product: Product) -> None:
        product.put_on("fhir-changes", UNKNOWN_TYPE)

        product.run()

        (message,) = parked(product)
        assert (message["queue"], message["reason"], message["state"]) == (
            "fhir-changes",
            "Nonsense",
            "parked",
        )
        assert message["problems"] == [["eventType", "not a change of a FHIR resource"]]
        assert product.failures == []

    def test_does_not_spoil_those_beside_it(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c())
        product.put_on("fhir-changes", UNKNOWN_TYPE, named="first")
        product.put_on("fhir-changes", b"{", named="second")

        product.run()

        assert len(parked(product)) == 2
        assert len(sent(product)) == 1

    def test_is_explained_without_its_values(self, product: Product) -> None:
        product.put_on("fhir-changes", UNKNOWN_TYPE)
        product.run()
        (message,) = parked(product)

        answer = product.call("explain_parked", parked_id=message["id"])

        assert answer.json["body"]["data"]["note"] == "text"
        assert answer.json["body"]["data"]["resourceVersionId"] == "number"
        assert PLANTED not in answer.body.decode()

    @pytest.mark.parametrize("body", [b"{", b"\xff", b"", b'"text"', b'{"patient_id": 7}'])
    @pytest.mark.parametrize(
        "queue",
        [
            *("patient-changes", "journey-starts", "journey-stops", "journey-steps", "message-requests"),
            *("send-decisions", "deliveries", "claim-settlements", "message-outcomes"),
            *("audit-entries", "operator-decisions"),
        ],
    )
    def test_is_parked_whatever_queue_it_lies_in(self, product: Product, queue: str, body: bytes) -> None:
        in_sessions = queue in SESSION_QUEUES
        product.put_on(queue, body, session="maria" if in_sessions else None)

        product.run()

        (message,) = parked(product)
        assert (message["queue"], message["reason"]) == (queue, "Nonsense")
        assert message["problems"]
        assert product.failures == []

    def test_is_given_up_for_a_reason(self, product: Product) -> None:
        product.put_on("fhir-changes", UNKNOWN_TYPE)
        product.run()
        (message,) = parked(product)

        answer = decide(product, "discard_parked", message, "Images are not ours")
        again = decide(product, "discard_parked", message)
        product.run()

        assert (answer.status, again.status) == (202, 409)
        assert [each["state"] for each in parked(product)] == ["discarded"]
        assert decided(product) == [
            ("discard_parked", f"parked/{message['id']}", "ada", "Images are not ours")
        ]

    def test_that_is_replayed_as_it_was_is_parked_again(self, product: Product) -> None:
        product.put_on("fhir-changes", UNKNOWN_TYPE)
        product.run()
        (message,) = parked(product)

        decide(product, "replay_parked", message)
        product.run()

        assert sorted((each["reason"], each["state"]) for each in parked(product)) == [
            ("Nonsense", "parked"),
            ("Nonsense", "replayed"),
        ]


class TestAMessageThatCameTooEarly:
    @pytest.fixture(autouse=True)
    def too_early(self, product: Product) -> None:
        """Its result never came into the record while it was waited for."""
        product.write(a_patient(), an_hba1c(value=5.5))
        product.run()
        product.put_on("fhir-changes", AHEAD_OF_THE_RECORD)
        for _ in range(20):
            product.pass_by(timedelta(minutes=1))

    def test_is_parked_after_ten_minutes(self, product: Product) -> None:
        (message,) = parked(product)

        assert (message["reason"], message["state"]) == ("NotYetVisible", "parked")

    def test_has_its_effect_once_when_it_is_replayed(self, product: Product) -> None:
        (message,) = parked(product)
        product.write(an_hba1c(value=8.2))
        told = product.app.embedded_record.events(0, 10)
        product.app.embedded_record.forget_events(told[-1][0])

        first = decide(product, "replay_parked", message)
        product.run()
        again = decide(product, "replay_parked", message)
        product.run()

        assert (first.status, again.status) == (202, 202)
        assert [each["state"] for each in parked(product)] == ["replayed"]
        assert len(sent(product)) == 1
        assert [what for what, _, _, _ in decided(product)] == ["replay_parked"]

    def test_has_it_once_though_the_decision_is_told_again(self, product: Product) -> None:
        (message,) = parked(product)
        product.write(an_hba1c(value=8.2))
        decide(product, "replay_parked", message)
        product.run()

        product.put_on("operator-decisions", {"parked_id": message["id"]})
        product.run()

        assert (len(sent(product)), product.failures) == (1, [])

    def test_cannot_be_both_replayed_and_given_up(self, product: Product) -> None:
        (message,) = parked(product)
        decide(product, "replay_parked", message)

        assert decide(product, "discard_parked", message).status == 409


class TestADeadLetter:
    """Whoever took the delivery of Maria's message died over it, again and again."""

    @pytest.fixture(autouse=True)
    def dead(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c())
        product.run(but="deliveries")
        product.die_over("deliveries")

    def letters(self, product: Product) -> list[Any]:
        return product.call("list_dead_letters", queue="deliveries").json["letters"]

    def decide(self, product: Product, what: str, letter: Any) -> Answer:
        number = str(letter["sequence_number"])
        return product.call(what, {"why": "Seen to"}, queue="deliveries", sequence_number=number)

    def test_is_listed_with_its_reason_and_without_its_values(self, product: Product) -> None:
        (letter,) = self.letters(product)

        assert (letter["reason"], letter["deliveries"]) == ("MaxDeliveryCountExceeded", 10)
        assert letter["properties"]["type"] == "DeliverMessage"
        assert letter["body"] == {"contact": "text", "message_id": "text", "version": "number"}
        assert sent(product) == []

    def test_has_its_effect_once_when_it_is_replayed(self, product: Product) -> None:
        (letter,) = self.letters(product)

        first = self.decide(product, "replay_dead_letter", letter)
        meanwhile = self.decide(product, "replay_dead_letter", letter)
        product.run()
        again = self.decide(product, "replay_dead_letter", letter)
        product.run()

        assert (first.status, meanwhile.status, again.status) == (202, 202, 404)
        assert (self.letters(product), len(sent(product))) == ([], 1)
        assert [(what, why) for what, _, _, why in decided(product)] == [("replay_dead_letter", "Seen to")]

    def test_is_given_up(self, product: Product) -> None:
        (letter,) = self.letters(product)

        first = self.decide(product, "discard_dead_letter", letter)
        product.run()

        assert (first.status, self.letters(product), sent(product)) == (202, [], [])
        assert [each["state"] for each in parked(product)] == ["discarded"]
        assert [(what, why) for what, _, _, why in decided(product)] == [("discard_dead_letter", "Seen to")]

    def test_cannot_be_both_replayed_and_given_up(self, product: Product) -> None:
        (letter,) = self.letters(product)
        self.decide(product, "discard_dead_letter", letter)

        assert self.decide(product, "replay_dead_letter", letter).status == 409

    @pytest.mark.parametrize("queue", ["journey-steps", "no-such-queue"])
    def test_is_not_found_in_another_queue(self, product: Product, queue: str) -> None:
        (letter,) = self.letters(product)
        number = str(letter["sequence_number"])

        answer = product.call("replay_dead_letter", {}, queue=queue, sequence_number=number)

        assert answer.status == 404


class TestTheAudit:
    def test_tells_who_changed_what_and_when(self, product: Product) -> None:
        entries = audited(product)

        assert {entry["what"] for entry in entries} == {"put_trigger", "put_template", "put_journey"}
        assert {entry["who"] for entry in entries} == {f"{product.issuer.named('staff')}|ada"}
        assert len(entries) == 4

    @pytest.mark.parametrize("asked", ["", "day=2026-11-02&since=2026-11-01", "day=2026-11-02&after=99!"])
    def test_answers_no_question_that_is_none(self, product: Product, asked: str) -> None:
        answer = product.ask("GET", f"/api/audit?{asked}", token=product.staff("privacy_officer"))

        assert answer.status == 400
