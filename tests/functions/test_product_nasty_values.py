"""Values that nobody sends by mistake: every route refuses them, or comes to no harm by them."""

import re
from collections.abc import Generator, Iterator
from copy import deepcopy
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlencode

import pytest

from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product, spelt
from tests.support.product_routes import Route, routes
from tests.support.product_story import SMS, TRIGGER, a_patient, an_hba1c, begin_story, sent

HUGE = 10**30
EMPTY: list[object] = []
NOTHING: dict[str, object] = {}
NASTY: tuple[object, ...] = (
    None,
    "",
    " ",
    "\x00",
    "x" * 5000,
    "é" * 200,
    "a/b?c#d\\e",
    "{{ 7 * 7 }}{% for x in y %}",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-14:00",
    0,
    -1,
    HUGE,
    -HUGE,
    1e308,
    True,
    EMPTY,
    NOTHING,
    [EMPTY],
    {"kind": "?"},
)
RAW_NASTY = (b"NaN", b"Infinity", b"-Infinity", b"1e400", b'"NaN"', b'"Infinity"', b'"\\ud800"')
"""What Python's own JSON would not write, though readers may take it."""

Path_ = tuple[str | int, ...]


@pytest.fixture(scope="module")
def product(standing: Product) -> Product:
    """Give a product in which Maria's story has begun, for tests that change nothing in it."""
    return begin_story(standing)


@pytest.fixture
def fresh(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    """Give a product of the test's own, in which Maria's story has begun."""
    with a_product(tmp_path, issuer) as one:
        yield begin_story(one)


def by_query() -> list[Any]:
    """Give the routes that are asked by query."""
    return [pytest.param(route, id=route.name) for route in routes() if route.reads_query]


GOOD: dict[str, tuple[dict[str, str], Any]] = {
    "put_trigger": (
        {"trigger_id": "tried"},
        {
            "name": "Tried",
            "resource_type": "Observation",
            "when": "either",
            "codes": [{"system": "http://loinc.org", "code": "8480-6"}],
            "conditions": [
                {"kind": "value", "comparison": "above", "threshold": 7.0, "unit": "%"},
                {"kind": "field", "path": "class.code", "one_of": ["IMP"]},
                {"kind": "any_of", "conditions": [{"kind": "value", "comparison": "below", "threshold": 1}]},
            ],
            "statuses": ["final"],
            "fresh_for_days": 90,
            "state": "ready_to_use",
        },
    ),
    "put_template": (
        {"template_id": "tried"},
        {
            "purpose": "transactional",
            "default_language": "en",
            "topic": "checks",
            "variants": [
                {"channel": "email", "language": "en", "subject": "Hello", "text": "Hi", "html": "<p>Hi</p>"}
            ],
        },
    ),
    "put_journey": (
        {"journey_id": "tried"},
        {
            "name": "Tried",
            "purpose": "To be tried",
            "starts_on": TRIGGER,
            "reentry_days": 90,
            "steps": [
                {
                    "kind": "send_message",
                    "id": "first",
                    "channel": "sms",
                    "template_id": SMS,
                    "values": {"clinic": "Riverside", "phone": "1"},
                    "expires_after_hours": 72,
                    "ignore_quiet_time": False,
                },
                {"kind": "wait", "id": "then", "days": 3, "hours": 1, "minutes": 1, "until": "09:00:00"},
            ],
            "state": "live",
        },
    ),
    "record_consent": (
        {},
        {
            "channel": "sms",
            "purpose": "transactional",
            "choice": "opted_in",
            "topic": "checks",
            "address": "+46701740605",
            "reason": "said so",
        },
    ),
    "record_own_consent": ({}, {"channel": "email", "purpose": "commercial", "choice": "opted_out"}),
    "record_delivery_report": (
        {},
        {
            "RequestId": f"sms~{0:040x}~m1",
            "Status": "NotDelivered",
            "MessageId": "m",
            "Details": {"Reason": "other", "Message": "no"},
            "EventId": "e",
            "Link": "leaflet",
        },
    ),
    "end_enrolment": ({}, {"why": "Moved away"}),
    "replay_parked": ({}, {"why": "Mended"}),
    "receive_changes": (
        {},
        {
            "id": "e1",
            "eventType": "Microsoft.HealthcareApis.FhirResourceUpdated",
            "eventTime": "2026-11-02T11:00:00Z",
            "subject": "local/Observation/hba1c",
            "data": {
                "resourceType": "Observation",
                "resourceFhirId": "hba1c",
                "resourceVersionId": 2,
            },
        },
    ),
}


def places_in(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Give the paths of all that a body holds."""
    if isinstance(value, dict | list):
        held = cast("dict[str, Any] | list[Any]", value)
        for name, inner in held.items() if isinstance(held, dict) else enumerate(held):
            yield (*path, name)
            yield from places_in(inner, (*path, name))


def with_in_it(body: Any, path: Path_, nasty: object) -> Any:
    """Give the body with something else in one place."""
    changed = deepcopy(body)
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = nasty
    return changed


def spoilt(body: Any) -> Iterator[bytes]:
    """Put every nasty thing in every place of a good body, one at a time."""
    for path in places_in(body):
        yield from (spelt(with_in_it(body, path, nasty)) for nasty in NASTY)
        yield from (
            spelt(with_in_it(body, path, "@nasty@")).replace(b'"@nasty@"', nasty) for nasty in RAW_NASTY
        )


def good_body(product: Product, name: str) -> Any:
    """Give what the route takes gladly; a report is about a message that was sent."""
    _, good = GOOD[name]
    return good | {"RequestId": sent(product)[0].request_id} if "RequestId" in good else good


class TestNastyValues:
    @pytest.mark.parametrize("name", GOOD)
    def test_are_refused_or_harmless(
        self, fresh: Product, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        """What is let in is each kept under an id of its own, and then the house goes about its work."""
        good = good_body(fresh, name)
        own_ids = GOOD[name][0]
        bodies = [spelt(good), *spoilt(good)]

        statuses = [
            fresh.call(
                name, body, **{place: f"{own_id}-{number}" for place, own_id in own_ids.items()}
            ).status
            for number, body in enumerate(bodies)
        ]
        fresh.write(a_patient("ada", phone="+46701740607", mail="ada@example.org"))
        fresh.write(an_hba1c("of-ada", of="ada"))
        fresh.pass_by(timedelta(seconds=2))

        assert [body for body, status in zip(bodies, statuses, strict=True) if status >= 500] == []
        assert statuses[0] < 300 or name == "replay_parked"
        assert "+46701740607" in [message.recipient.value for message in sent(fresh)]
        assert "edge.message.failed" not in caplog.messages


ODD_TEXTS = (
    *("", " ", "x", "-1", "0", "1e9", "1.5", "true", "null", "[]", "35", "31", "5b5d", "5b312c5b5d2c7b7d5d"),
    *("9" * 18, "9" * 25, "9" * 5000, "x" * 5000, "é", "\u00b2", "\u0663", "\x00", "a/b?c#d", "../..", "%00"),
    b'[18446744073709551615,"a","b"]'.hex(),  # a page mark that no page ended with
    *("2026-11-02", "2026-02-30", "0001-01-01", "9999-12-31", "0!", "15!x", "16!", "-1!", "\u0663!"),
)


ODD_IDS = (
    *("x" * 128, "é" * 128, "~", "~~", "message~m", "trigger~definition", "2026-11-02~", "smoke~signal"),
    *("enrolment~", f"enrolment~{'x' * 118}", f"2026-99-99~{0:040x}", f"sms~{'x' * 124}"),
    *("' OR 1=1 --", "a\u202eb", "\U0001f600"),
)


class TestEveryQuery:
    @pytest.mark.parametrize("route", by_query())
    def test_with_a_stranger_in_it_is_refused_by_its_name(self, product: Product, route: Route) -> None:
        answer = ask_for(product, route, stranger="1")

        assert (answer.status, answer.fields) == (400, {"stranger"})

    @pytest.mark.parametrize("route", by_query())
    def test_is_refused_or_answered_whatever_it_holds(self, product: Product, route: Route) -> None:
        names = [one.name for one in fields(route.asked_of(product.app))]

        statuses = {
            (name, text): ask_for(product, route, **{name: text}).status
            for name in names
            for text in ODD_TEXTS
        }

        assert {asked: status for asked, status in statuses.items() if status >= 500} == {}

    @pytest.mark.parametrize("route", by_query())
    @pytest.mark.parametrize("limit", ["many", "", "1.5", "0x10", "null"])
    def test_with_a_limit_that_is_none_is_refused(self, product: Product, route: Route, limit: str) -> None:
        answer = ask_for(product, route, limit=limit)

        assert (answer.status, answer.fields) == (400, {"limit"})


def ask_for(product: Product, route: Route, **query: str) -> Answer:
    path = f"{route.filled()}?{urlencode(query)}"
    return product.send(route.method, path, headers=product.key_to(route.door))


class TestEveryPath:
    @pytest.mark.parametrize("route", [pytest.param(one, id=one.name) for one in routes() if "{" in one.path])
    def test_may_hold_anything(self, fresh: Product, route: Route) -> None:
        _, good = GOOD.get(route.name, ({}, {"why": "tried"}))
        names = re.findall(r"\{(\w+)\}", route.path)
        odd = [text for text in (*ODD_TEXTS, *ODD_IDS) if text and "/" not in text and "?" not in text]

        statuses = {
            (name, text): fresh.call(
                route.name, good if route.takes_body else None, **{name: quote(text, safe="")}
            ).status
            for name in names
            for text in odd
        }
        fresh.run()

        assert {asked: status for asked, status in statuses.items() if status >= 500} == {}
        assert fresh.failures == []
