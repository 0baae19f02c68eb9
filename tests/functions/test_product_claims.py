"""A content that no message could hold comes through all the same, in the whole product (D5)."""

import logging

import pytest

from shared.kernel.queues import LARGEST_BODY
from shared.wiring.claims import Claimed
from tests.support.edge_app import PLANTED, everything_in
from tests.support.product import Product
from tests.support.product_story import audited, parked

A_LONG_STORY = f"I wrote to {PLANTED}'s practice. " * 7_000
"""Less than a request may hold, more than a message can."""


def discard(product: Product) -> str:
    """Let an operator give a message up, for a reason of many words; give its name."""
    product.put_on("fhir-changes", b"{")
    product.run()
    (message,) = parked(product)
    answer = product.call("discard_parked", {"why": A_LONG_STORY}, parked_id=message["id"])
    assert answer.status == 202, answer.json
    return message["id"]


def reasons(product: Product) -> list[str]:
    return [entry["why"] for entry in audited(product) if entry["what"] == "discard_parked"]


class TestALongStory:
    def test_is_longer_than_a_message_can_be(self) -> None:
        assert len(A_LONG_STORY) > LARGEST_BODY

    def test_reaches_the_audit_whole(self, product: Product) -> None:
        discard(product)

        product.run()

        assert reasons(product) == [A_LONG_STORY]
        assert product.failures == []

    def test_is_kept_beside_what_it_was_announced_with(self, product: Product) -> None:
        name = discard(product)

        product.run()

        day = name.partition("~")[0]
        (claim,) = product.app.documents.list(f"parked/{day}", "claim", Claimed).items
        assert claim.body.content["why"] == A_LONG_STORY

    def test_is_told_to_no_log_and_no_operator(
        self, product: Product, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        discard(product)

        product.run()

        assert PLANTED not in everything_in(caplog.records)
