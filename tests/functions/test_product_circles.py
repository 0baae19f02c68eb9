"""Segments that build on themselves: refused when kept, and never walked if they come about (SG-2, D8)."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.support.product import Answer, Product
from tests.support.product_story import a_patient

EVERYONE = {"kind": "everyone"}


def on(segment_id: str) -> dict[str, Any]:
    return {"kind": "in_segment", "segment_id": segment_id}


def keeps(product: Product, segment_id: str, rule: object, **headers: str) -> Answer:
    body = {"name": segment_id, "rule": rule, "state": "live"}
    token = product.staff("marketing_manager")
    return product.ask("PUT", f"/api/segments/{segment_id}", body=body, token=token, **headers)


def changes(product: Product, segment_id: str, rule: object) -> Answer:
    token = product.staff("marketing_manager")
    etag = product.ask("GET", f"/api/segments/{segment_id}", token=token).headers["etag"]
    return keeps(product, segment_id, rule, If_Match=etag)


NESTINGS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "plain": on,
    "in all": lambda of: {"kind": "all_of", "rules": [{"kind": "is_alive"}, on(of)]},
    "in any": lambda of: {"kind": "any_of", "alternatives": [{"kind": "is_alive"}, on(of)]},
    "but not": lambda of: {"kind": "but_not", "rule": {"kind": "is_alive"}, "but_not": on(of)},
}


class TestACircle:
    @pytest.mark.parametrize("nested", NESTINGS)
    def test_of_one_is_refused(self, product: Product, nested: str) -> None:
        before = product.footprint()

        answer = keeps(product, "first", NESTINGS[nested]("first"))

        assert answer.status in (400, 409, 422)
        assert product.footprint() == before

    @pytest.mark.parametrize("nested", NESTINGS)
    def test_through_two_others_by_an_edit_later_is_refused(self, product: Product, nested: str) -> None:
        product.write(a_patient("maria"))
        assert keeps(product, "first", {"kind": "is_alive"}).status == 200
        assert keeps(product, "second", NESTINGS[nested]("first")).status == 200
        assert keeps(product, "third", NESTINGS[nested]("second")).status == 200
        product.run()
        before = product.footprint()

        answer = changes(product, "first", NESTINGS[nested]("third"))

        assert answer.status in (400, 409, 422)
        assert product.footprint() == before

    def test_is_refused_when_it_is_looked_at_before_it_is_kept(self, product: Product) -> None:
        assert keeps(product, "first", {"kind": "is_alive"}).status == 200
        assert keeps(product, "second", on("first")).status == 200
        token = product.staff("marketing_manager")

        shown = product.ask("POST", "/api/segments/preview", body={"rule": on("second")}, token=token)

        assert shown.status == 200
        assert changes(product, "first", on("second")).status in (400, 409, 422)

    def test_that_two_makers_close_at_once_is_never_walked(self, product: Product) -> None:
        """Each edit was good when it was looked at; what they make together is not, and harms nobody."""
        product.write(a_patient("maria"))
        for segment_id in ("first", "second"):
            assert keeps(product, segment_id, {"kind": "is_alive"}).status == 200
        product.run()
        assert changes(product, "first", on("second")).status == 200
        swap_rule(product, "second", on("first"))
        product.clock.pass_by(timedelta(seconds=3))  # by then every reader knows of both

        product.write(a_patient("maria", birthDate="1962-01-01"))
        product.tick("queue_refreshes")
        token = product.staff("care_coordinator", "healthcare_user")
        explained = [
            product.ask("GET", f"/api/patients/maria/segments/{segment_id}/explain", token=token).status
            for segment_id in ("first", "second")
        ]

        assert set(explained) <= {200, 409}
        assert product.failures == []
        assert changes(product, "second", {"kind": "is_alive"}).status == 200


def swap_rule(product: Product, segment_id: str, rule: object) -> None:
    """Write the rule past the act that would refuse it, as a race between two makers would."""

    def swap(connection: Any) -> None:
        rows = connection.execute(
            "SELECT id, body FROM documents WHERE partition = ? AND kind = 'segment'",
            (f"segment/{segment_id}",),
        ).fetchall()
        assert rows, "the segment is kept in its partition"
        for id_, body in rows:
            told = json.loads(body) | {"rule": rule}
            connection.execute(
                "UPDATE documents SET body = ? WHERE partition = ? AND id = ?",
                (json.dumps(told), f"segment/{segment_id}", id_),
            )

    product.app.store.write(swap)
