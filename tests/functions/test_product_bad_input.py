"""What every route of the product makes of what it cannot use: a plain no, and nothing done."""

from dataclasses import MISSING, fields
from typing import Any, get_args

import pytest

from tests.support.edge_app import Answer
from tests.support.product import Product
from tests.support.product_routes import Route, routes
from tests.support.product_story import (
    begin_story,
)


@pytest.fixture(scope="module")
def product(standing: Product) -> Product:
    """Give a product in which Maria's story has begun, for tests that change nothing in it."""
    return begin_story(standing)


def with_body() -> list[Any]:
    return [pytest.param(route, id=route.name) for route in routes() if route.takes_body]


def with_act(*, strangers: bool | None = None) -> list[Any]:
    """Give the routes with a body whose act says what it wants to be asked with: all, or as told."""
    return [
        pytest.param(route, id=route.name)
        for route in routes()
        if route.takes_body and vars(route.call)["does"] and strangers in (None, route.lets_strangers_in)
    ]


def takes_anything(type_: Any) -> bool:
    """Say whether a field may hold whatever there is, such as what a form of the bot's is filled in with."""
    return type_ is Any or any(map(takes_anything, get_args(type_)))


def is_a_plain_no(answer: Answer) -> bool:
    told = answer.json
    return answer.headers["content-type"] == "application/problem+json" and told["status"] == answer.status


class TestEveryBody:
    @pytest.mark.parametrize("route", with_body())
    @pytest.mark.parametrize(
        "body", [b"{", b"\xff\xfe", b"[" * 5000, b"nonsense", b'{"a": 1,}', b" ", b'{"a": "\\ud800"}']
    )
    def test_that_is_no_json_is_refused(self, product: Product, route: Route, body: bytes) -> None:
        before = product.footprint()

        answer = product.call(route.name, body)

        assert (answer.status, is_a_plain_no(answer)) == (400, True)
        assert product.footprint() == before

    @pytest.mark.parametrize("route", with_body())
    @pytest.mark.parametrize("body", [b"[1]", b'"text"', b"7", b"null", b"true"])
    def test_that_is_no_object_is_refused(self, product: Product, route: Route, body: bytes) -> None:
        before = product.footprint()

        assert product.call(route.name, body).status == 400
        assert product.footprint() == before

    @pytest.mark.parametrize("route", with_act(strangers=True))
    def test_of_a_protocol_may_have_strangers_in_it(self, product: Product, route: Route) -> None:
        """Bot Framework's activities do: they are passed over, as if they were not there."""
        without = product.call(route.name, {})

        with_one = product.call(route.name, {"stranger": 1})

        assert (with_one.status, with_one.json["type"]) == (without.status, without.json["type"])
        assert (with_one.fields, with_one.status < 500) == (without.fields, True)

    @pytest.mark.parametrize("route", with_act(strangers=False))
    def test_with_a_stranger_in_it_is_refused_by_its_name(self, product: Product, route: Route) -> None:
        before = product.footprint()

        answer = product.call(route.name, {"stranger": 1})

        assert answer.status == 400
        assert "stranger" in answer.fields
        assert product.footprint() == before

    @pytest.mark.parametrize("route", with_act())
    def test_with_fields_missing_is_refused_naming_them_all(self, product: Product, route: Route) -> None:
        required = {
            one.name
            for one in fields(route.asked_of(product.app))
            if one.default is MISSING and one.default_factory is MISSING
        }
        before = product.footprint()

        answer = product.call(route.name, {})

        assert answer.fields == required
        assert answer.status == 400 if required else answer.status in (404, 422)
        assert product.footprint() == before

    @pytest.mark.parametrize("route", with_act())
    def test_with_a_wrong_type_is_refused_by_the_fields_name(self, product: Product, route: Route) -> None:
        before = product.footprint()

        for one in fields(route.asked_of(product.app)):
            if takes_anything(one.type):
                continue
            answer = product.call(route.name, {one.name: [[1]]})

            assert answer.status == 400
            assert {field.split(".")[0] for field in answer.fields} >= {one.name}
        assert product.footprint() == before

    @pytest.mark.parametrize("route", with_body())
    def test_that_is_too_large_is_refused(self, product: Product, route: Route) -> None:
        before = product.footprint()

        answer = product.call(route.name, b" " * (route.largest + 1))

        assert (answer.status, is_a_plain_no(answer)) == (413, True)
        assert product.footprint() == before

    @pytest.mark.parametrize("route", with_body())
    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""]
    )
    def test_of_another_kind_is_refused(self, product: Product, route: Route, kind: str) -> None:
        before = product.footprint()
        headers = {**product.key_to(route.door, b"{}"), "Content-Type": kind}

        path = route.filled(**product.link_to(route.door))
        answer = product.send(route.method, path, body=b"{}", headers=headers)

        assert (answer.status, is_a_plain_no(answer)) == (415, True)
        assert product.footprint() == before


AN_EVENT: dict[str, Any] = {
    "id": "e1",
    "eventType": "Microsoft.HealthcareApis.FhirResourceUpdated",
    "eventTime": "2026-11-02T11:00:00Z",
    "subject": "local/Observation/hba1c",
    "data": {"resourceType": "Observation", "resourceFhirId": "hba1c", "resourceVersionId": 2},
}


class TestChangeEvents:
    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"eventType": "Microsoft.HealthcareApis.DicomImageCreated"}, "eventType"),
            ({"eventType": None}, "eventType"),
            ({"eventTime": "yesterday"}, "eventTime"),
            ({"id": ""}, "id"),
            ({"data": None}, "data"),
            ({"data": {"resourceType": "Observation", "resourceFhirId": "a/b"}}, "data.resourceFhirId"),
        ],
    )
    def test_are_queued_all_or_none(self, product: Product, changed: dict[str, Any], field: str) -> None:
        before = product.footprint()

        answer = product.call("receive_changes", [AN_EVENT, AN_EVENT | changed, AN_EVENT])

        assert (answer.status, answer.fields) == (400, {field})
        assert product.footprint() == before
