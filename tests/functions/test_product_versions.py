"""Two people at one thing, and one request that comes twice: nobody overwrites what they have not seen."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.support.product import Answer, Product
from tests.support.product_story import (
    JOURNEY,
    SMS,
    TRIGGER,
    audited,
    begin_story,
    enrolments_of,
    shipped,
)

DEFINITIONS = [("triggers", TRIGGER), ("templates", SMS), ("journeys", JOURNEY)]
OPTED_OUT = {"channel": "sms", "purpose": "transactional", "choice": "opted_out"}


@pytest.fixture(autouse=True)
def story(product: Product) -> None:
    begin_story(product)


def put(product: Product, kind: str, name: str, *, if_match: str, **changed: Any) -> Answer:
    """Put a shipped definition again, changed somewhere."""
    body = json.loads(shipped(kind, name)) | changed
    token = product.staff("marketing_manager")
    return product.ask("PUT", f"/api/{kind}/{name}", body=body, token=token, If_Match=if_match)


def etag_of(product: Product, kind: str, name: str) -> str:
    answer = product.ask("GET", f"/api/{kind}/{name}", token=product.staff("marketing_manager"))
    return answer.headers["etag"]


def in_pairs(asking: Callable[[], Answer]) -> list[int]:
    """Let two do the same at once; give their statuses, lowest first."""
    with ThreadPoolExecutor(2) as pair:
        asked = [pair.submit(asking) for _ in range(2)]
        return sorted(each.result().status for each in asked)


def end(product: Product, *, if_match: str = "", key: str = "", why: str = "Moved away") -> Answer:
    (enrolment,) = enrolments_of(product)
    headers = {"If_Match": if_match, "Idempotency_Key": key}
    return product.ask(
        "POST",
        f"/api/patients/maria/enrolments/{enrolment['id']}/end",
        body={"why": why},
        token=product.staff("care_coordinator"),
        **{name: held for name, held in headers.items() if held},
    )


class TestIfMatch:
    @pytest.mark.parametrize(("kind", "name"), DEFINITIONS)
    def test_lets_through_who_has_seen_what_is_there(self, product: Product, kind: str, name: str) -> None:
        seen = etag_of(product, kind, name)

        answer = put(product, kind, name, if_match=seen)

        assert answer.status == 200
        assert answer.headers["etag"] == etag_of(product, kind, name) != seen

    @pytest.mark.parametrize(("kind", "name"), DEFINITIONS)
    @pytest.mark.parametrize("stale", ["before", '"0"', "W/nonsense", "x" * 1000])
    def test_refuses_who_has_not(self, product: Product, kind: str, name: str, stale: str) -> None:
        seen = etag_of(product, kind, name)
        put(product, kind, name, if_match=seen)
        before = product.footprint()

        answer = put(product, kind, name, if_match=seen if stale == "before" else stale)

        assert answer.status == 412
        assert product.footprint() == before

    @pytest.mark.parametrize(("kind", "name"), DEFINITIONS)
    def test_refuses_what_is_not_there_at_all(self, product: Product, kind: str, name: str) -> None:
        before = product.footprint()

        token = product.staff("marketing_manager")
        answer = product.ask(
            "PUT", f"/api/{kind}/another", body=shipped(kind, name), token=token, If_Match='"1"'
        )

        assert answer.status == 412
        assert product.footprint() == before

    @pytest.mark.parametrize(("kind", "name"), DEFINITIONS)
    def test_lets_one_of_two_through(self, product: Product, kind: str, name: str) -> None:
        seen = etag_of(product, kind, name)

        assert in_pairs(lambda: put(product, kind, name, if_match=seen)) == [200, 412]

    def test_keeps_an_enrolment_that_has_moved_on(self, product: Product) -> None:
        before = product.footprint()

        assert end(product, if_match='"1"').status == 412
        assert product.footprint() == before
        assert enrolments_of(product)[0]["state"] == "active"

    def test_ends_an_enrolment_as_it_was_seen(self, product: Product) -> None:
        (seen,) = enrolments_of(product)

        answer = end(product, if_match=f'"{seen["etag"]}"')

        assert (answer.status, answer.json["state"], answer.json["reason"]) == (
            200,
            "ended",
            "ended_by_staff",
        )
        assert end(product, if_match=f'"{seen["etag"]}"').status == 412

    def test_lets_one_of_two_end_an_enrolment(self, product: Product) -> None:
        (seen,) = enrolments_of(product)

        statuses = in_pairs(lambda: end(product, if_match=f'"{seen["etag"]}"'))
        product.run()

        assert statuses == [200, 412]
        whats = [entry["what"] for entry in audited(product, patient_id="maria")]
        assert [what for what in whats if what != "list_enrolments"] == ["end_enrolment"]


class TestWithoutIfMatch:
    @pytest.mark.parametrize(("kind", "name"), DEFINITIONS)
    def test_a_definition_that_is_there_is_not_written_over(
        self, product: Product, kind: str, name: str
    ) -> None:
        before = product.footprint()

        answer = product.ask(
            "PUT", f"/api/{kind}/{name}", body=shipped(kind, name), token=product.staff("marketing_manager")
        )

        assert answer.status == 409
        assert product.footprint() == before

    @pytest.mark.parametrize(("kind", "name"), DEFINITIONS)
    def test_one_of_two_makes_a_definition(self, product: Product, kind: str, name: str) -> None:
        path, token = f"/api/{kind}/another", product.staff("marketing_manager")

        statuses = in_pairs(lambda: product.ask("PUT", path, body=shipped(kind, name), token=token))

        assert statuses == [200, 409]

    def test_an_enrolment_that_two_end_at_once_ends_once(self, product: Product) -> None:
        assert set(in_pairs(lambda: end(product))) <= {200, 409}
        product.run()

        whats = [entry["what"] for entry in audited(product, patient_id="maria")]
        assert [what for what in whats if what != "list_enrolments"] == ["end_enrolment"]


def repeated(answers: Sequence[Answer]) -> bool:
    """Say whether the later answers are the first one's repetition, byte for byte."""
    first, *later = answers
    return all((each.status, each.body) == (first.status, first.body) for each in later) and all(
        each.headers.get("idempotency-replayed") == "true" for each in later
    )


class TestIdempotencyKey:
    def consent(self, product: Product, key: str, *, token: str = "", **changed: str) -> Answer:
        return product.ask(
            "POST",
            "/api/patients/maria/consents",
            body=OPTED_OUT | changed,
            token=token or product.staff("care_coordinator"),
            Idempotency_Key=key,
        )

    def test_gives_the_first_answer_to_the_same_request(self, product: Product) -> None:
        answers = [self.consent(product, "once") for _ in range(3)]
        product.run()

        assert answers[0].status == 201
        assert repeated(answers)
        assert [entry["what"] for entry in audited(product, patient_id="maria")] == ["record_consent"]

    def test_does_it_once_though_time_goes_by(self, product: Product) -> None:
        """The act itself would say something newer; only the key keeps it from doing so."""
        first = self.consent(product, "once")
        product.pass_by(timedelta(minutes=2))
        before = product.footprint()

        again = self.consent(product, "once")

        assert repeated([first, again])
        assert product.footprint() == before

    def test_refuses_another_request_under_the_same_key(self, product: Product) -> None:
        self.consent(product, "once")
        before = product.footprint()

        answer = self.consent(product, "once", choice="opted_in")

        assert (answer.status, answer.json["type"]) == (422, "/problems/key-used-for-another")
        assert product.footprint() == before

    def test_refuses_another_patients_path_under_the_same_key(self, product: Product) -> None:
        self.consent(product, "once")

        answer = product.ask(
            "POST",
            "/api/patients/john/consents",
            body=OPTED_OUT,
            token=product.staff("care_coordinator"),
            Idempotency_Key="once",
        )

        assert answer.status == 422

    def test_is_nobody_elses(self, product: Product) -> None:
        first = self.consent(product, "once")
        product.pass_by(timedelta(minutes=2))

        by_another = self.consent(product, "once", token=product.staff("care_coordinator", sub="grace"))

        assert by_another.status == 201
        assert "idempotency-replayed" not in by_another.headers
        assert by_another.json["consent"]["at"] != first.json["consent"]["at"]

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\nb"])
    def test_that_is_none_is_refused(self, product: Product, key: str) -> None:
        before = product.footprint()

        answer = self.consent(product, key)

        assert answer.status == 400
        assert [error["field"] for error in answer.json["errors"]] == ["Idempotency-Key"]
        assert product.footprint() == before

    def test_remembers_a_refusal_too(self, product: Product) -> None:
        of_another = {"address": "somebody@example.org", "channel": "email"}

        first = self.consent(product, "refused", **of_another)
        again = self.consent(product, "refused", **of_another)

        assert (first.status, again.status) == (422, 422)
        assert first.json["type"] == again.json["type"] == "/problems/not-their-contact-point"

    def test_lets_two_at_once_do_it_once(self, product: Product) -> None:
        statuses = in_pairs(lambda: self.consent(product, "at once"))
        product.run()

        assert statuses in ([201, 201], [201, 409])
        assert [entry["what"] for entry in audited(product, patient_id="maria")] == ["record_consent"]

    def test_ends_an_enrolment_once(self, product: Product) -> None:
        answers = [end(product, key="end it") for _ in range(2)]

        assert answers[0].status == 200
        assert repeated(answers)
        assert end(product, key="end it", why="Another reason").status == 422
