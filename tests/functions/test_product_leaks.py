"""A patient's number, planted everywhere, is found nowhere but where it belongs (D17)."""

import json
import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.kernel import tracing
from shared.messaging.model import Channel
from shared.messaging.ports import Accepted, MessageProvider, NotThere, Outgoing, Rejected
from shared.wiring.queues import QUEUES
from tests.support.edge_app import PLANTED
from tests.support.emitted import Emitted
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product, spelt
from tests.support.product_gateway import Gateway, a_gateway
from tests.support.product_routes import Route, routes
from tests.support.product_story import (
    EMAIL,
    JOURNEY,
    SMS,
    THREE_DAYS,
    TRIGGER,
    a_patient,
    an_hba1c,
    audited,
    enrolments_of,
    messages_of,
    parked,
    report,
    sent,
    shipped,
    states_of,
    why,
)
from tests.support.told import Told

AS_NUMBER = int(PLANTED)
PHONE, MAIL = f"+44{PLANTED}", f"{PLANTED}@example.org"
NAME = [{"family": PLANTED, "given": [PLANTED]}]
IDENTIFIER = [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": PLANTED}]


@pytest.fixture
def gateway() -> Generator[Gateway]:
    with a_gateway() as one:
        yield one


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer, gateway: Gateway) -> Generator[Product]:
    """Give a product whose text messages leave the house."""
    with a_product(tmp_path, issuer, sms_provider="gateway", sms_gateway_url=gateway.url) as one:
        yield one


@pytest.fixture
def emitted(product: Product, told: Told, caplog: pytest.LogCaptureFixture) -> Emitted:
    caplog.set_level(logging.DEBUG)
    return Emitted.by(product, told)


def leaks(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Give where it was found, and what stands around it."""
    found = {place: text.find(PLANTED) for place, text in texts.items()}
    return {place: texts[place][max(0, at - 200) : at + 200] for place, at in found.items() if at >= 0}


def keep_planted_definitions(product: Product) -> None:
    """Put the story in force, with the number in the values of its messages."""
    journey = json.loads(shipped("journeys", JOURNEY))
    values = {"clinic": PLANTED, "phone": PLANTED}
    steps = [step | ({"values": values} if "values" in step else {}) for step in journey["steps"]]
    bodies: dict[tuple[str, str], Any] = {
        ("trigger", TRIGGER): shipped("triggers", TRIGGER),
        ("template", SMS): shipped("templates", SMS),
        ("template", EMAIL): shipped("templates", EMAIL),
        ("journey", JOURNEY): journey | {"steps": steps},
    }
    for (kind, name), body in bodies.items():
        answer = product.call(f"put_{kind}", body, **{f"{kind}_id": name})
        assert answer.status == 200, answer.json


def fires(product: Product) -> None:
    keep_planted_definitions(product)
    product.write(
        a_patient(phone=PHONE, mail=MAIL, name=NAME, identifier=IDENTIFIER),
        an_hba1c(value=AS_NUMBER) | {"note": [{"text": PLANTED}]},
    )
    product.run()


def look_at_everything(product: Product) -> None:
    """Read all that the product shows of the story."""
    for message in messages_of(product):
        why(product, message)
    enrolments_of(product)
    audited(product)
    for letter in parked(product):
        product.call("explain_parked", parked_id=letter["id"])
    for name in (
        "list_uncertain",
        "list_suppressions",
        "who_am_i",
        "ready",
        "describe_api",
        "list_own_messages",
    ):
        assert product.call(name).status == 200
    for queue in QUEUES:
        assert product.call("list_dead_letters", queue=queue.name).status == 200


class Bursting(MessageProvider):
    """A provider with a bug, whose exception says what it had in hand."""

    @property
    def honours_keys(self) -> bool:
        return True

    def send(self, outgoing: Outgoing) -> Accepted | Rejected:
        nobody: dict[str, Accepted] = {}
        try:
            return nobody[outgoing.to.value]
        except KeyError as error:
            raise RuntimeError(outgoing.rendered.value.text) from error

    def look_up(self, request_id: str) -> NotThere:
        del request_id
        return NotThere()


class TestTheNumber:
    def test_reaches_the_patient_and_nobody_else(
        self, product: Product, emitted: Emitted, gateway: Gateway, caplog: pytest.LogCaptureFixture
    ) -> None:
        fires(product)
        product.pass_by(THREE_DAYS)
        for message in (*gateway.taken, *(each.request_id for each in sent(product))):
            report(product, message, "Delivered")
        product.run()
        look_at_everything(product)

        assert [state for _, state, _ in states_of(product)] == ["delivered", "delivered"]
        assert [(body["To"], PLANTED in body["Message"]["text"]) for body in gateway.taken.values()] == [
            (PHONE, True)
        ]
        assert [each.recipient.value for each in sent(product)] == [MAIL]
        assert leaks(emitted.texts(caplog.records, gateway.asked)) == {}

    def test_stays_within_when_a_patient_speaks(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        fires(product)
        for channel, address in (("sms", PHONE), ("email", MAIL)):
            said = {"channel": channel, "purpose": "commercial", "choice": "opted_out"}
            about = said | {"address": address, "reason": PLANTED, "topic": PLANTED}
            assert product.call("record_own_consent", about).status == 201
            assert product.call("record_consent", about | {"choice": "opted_in"}).status == 201
            assert product.call("record_consent", about, patient_id="nobody").status == 404
            assert product.call("record_consent", about | {"address": f"x{address}"}).status == 422
        product.run()

        assert PLANTED in product.call("read_own_consents").body.decode()
        assert leaks(emitted.texts(caplog.records)) == {}

    @pytest.mark.parametrize("lost", [1, 5])
    def test_stays_within_when_answers_get_lost(
        self,
        product: Product,
        emitted: Emitted,
        gateway: Gateway,
        caplog: pytest.LogCaptureFixture,
        lost: int,
    ) -> None:
        gateway.answers_to_lose = lost
        fires(product)
        look_at_everything(product)
        product.clock.pass_by(product.app.claim_lasts)
        product.tick("queue_lapsed_claims")
        look_at_everything(product)

        assert {method for method, _, _ in gateway.asked} == {"POST", "GET"}
        assert leaks(emitted.texts(caplog.records, gateway.asked)) == {}

    def test_stays_within_when_a_report_quotes_it(
        self, product: Product, emitted: Emitted, gateway: Gateway, caplog: pytest.LogCaptureFixture
    ) -> None:
        fires(product)
        (request_id,) = gateway.taken
        details = {"Reason": PLANTED, "Message": f"{PHONE} is not in service"}
        quoting = {"RequestId": request_id, "Status": "NotDelivered", "Details": details}
        unknown = {"RequestId": PLANTED, "Status": "NotDelivered", "MessageId": PLANTED}

        assert product.call("record_delivery_report", quoting | {"MessageId": PLANTED}).status == 204
        assert product.call("record_delivery_report", unknown).status == 404
        product.run()
        look_at_everything(product)

        assert states_of(product) == [("sms", "bounced", "other")]
        assert leaks(emitted.texts(caplog.records)) == {}

    def test_stays_within_when_a_provider_bursts(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        product.app.providers = {Channel.SMS: Bursting()}
        fires(product)
        look_at_everything(product)

        assert product.failures
        assert leaks(emitted.texts(caplog.records)) == {}

    def test_stays_within_when_a_message_dies(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        keep_planted_definitions(product)
        product.put_on("deliveries", {"contact": PLANTED, PLANTED: PLANTED, "message_id": AS_NUMBER})
        product.die_over("deliveries")
        (letter,) = product.call("list_dead_letters", queue="deliveries").json["letters"]
        number = str(letter["sequence_number"])

        product.call("replay_dead_letter", {}, queue="deliveries", sequence_number=number)
        product.run()
        look_at_everything(product)

        assert {each["reason"] for each in parked(product)} == {"MaxDeliveryCountExceeded", "Nonsense"}
        assert leaks(emitted.texts(caplog.records)) == {}


BAD_BODIES: Sequence[bytes] = (
    f'{{"{PLANTED}": "{PLANTED}"'.encode(),
    PLANTED.encode(),
    f'"{PLANTED}"'.encode(),
    spelt({PLANTED: PLANTED}),
    spelt({"name": AS_NUMBER, "why": [PLANTED], "channel": PLANTED, "purpose": PLANTED, "choice": PLANTED}),
    spelt({"state": PLANTED, "steps": [{"kind": PLANTED, PLANTED: 1}], "conditions": [{"kind": PLANTED}]}),
    spelt({"Status": PLANTED, "RequestId": AS_NUMBER, "Details": PLANTED}),
    spelt({"eventType": PLANTED, "id": PLANTED, "data": {"resourceFhirId": f"{PLANTED}!", PLANTED: 1}}),
    spelt({"specversion": PLANTED, "type": PLANTED, "id": PLANTED, "data": {}}),
    spelt({"patient_id": PLANTED, "at": PLANTED, "version": PLANTED, "contact": [PLANTED]}),
)
NAMES_IT: Sequence[dict[str, str]] = (
    {"X-Correlation-Id": PLANTED},
    {"traceparent": f"00-{PLANTED}-{PLANTED}-01"},
    {"Idempotency-Key": PLANTED},
    {"Idempotency-Key": f"{PLANTED}\n"},
    {"If-Match": f'"{PLANTED}"'},
    {"Content-Type": f"text/{PLANTED}"},
    {"Origin": f"https://{PLANTED}.example"},
    {"Authorization": f"Bearer {PLANTED}"},
    {"Authorization": f"Bearer {PLANTED}.{PLANTED}.{PLANTED}"},
    {"X-Webhook-Code": PLANTED},
    {"X-Webhook-Signature": PLANTED, "X-Webhook-Timestamp": PLANTED},
)


def bad_requests(product: Product, route: Route) -> Iterator[int]:
    """Ask for it by body, path, query and header, and give what came of each."""
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    for body in BAD_BODIES if route.takes_body else [b""]:
        yield product.call(route.name, body).status
        yield product.call(route.name, body, **dict.fromkeys(names, PLANTED)).status
    for asked in (f"{PLANTED}={PLANTED}", f"limit={PLANTED}x", f"after={PLANTED}", f"state={PLANTED}"):
        path = f"{route.filled()}?{asked}"
        yield product.send(route.method, path, headers=product.key_to(route.door)).status
    body = BAD_BODIES[3] if route.takes_body else b""
    for headers in NAMES_IT:
        sent_ones = product.key_to(route.door, body) | headers
        yield product.send(route.method, route.filled(), body=body, headers=sent_ones).status
    # Whose token it is keeps their chat under the id of their record, which is ours to keep.
    record = "x1" if route.name == "generate_chat_token" else f"x{PLANTED}"
    claims: dict[str, Any] = {"sub": PLANTED, "groups": [PLANTED], "roles": [PLANTED], "patient_id": record}
    for who in ("staff", "portal"):
        token = product.issuer.token(who, **claims)
        yield product.ask(route.method, route.filled(), body=body, token=token).status


class TestBadRequests:
    def test_give_nothing_away(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        statuses = {status for route in routes() for status in bad_requests(product, route)}
        product.run()

        # Who am I? is the one question whose answer says again what the token says.
        texts = dict(emitted.texts(caplog.records))
        assert {400, 401, 403, 404, 415} <= statuses < {*range(200, 300), *range(400, 500)}
        assert PLANTED not in "\n".join(
            answer.body.decode() for route, answer in product.answers if route.name != "who_am_i"
        )
        assert leaks({place: text for place, text in texts.items() if place != "answers"}) == {}


class TestBadMessages:
    @pytest.mark.parametrize("queue", [pytest.param(queue, id=queue.name) for queue in QUEUES])
    def test_give_nothing_away(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture, queue: Any
    ) -> None:
        for number, body in enumerate(BAD_BODIES):
            session = "maria" if queue.in_sessions else None
            product.put_on(queue.name, body, named=f"stray-{number}", session=session)

        product.run()
        for _ in range(12):
            product.pass_by(THREE_DAYS / 12)
        look_at_everything(product)

        assert len(parked(product)) == len(BAD_BODIES)
        assert leaks(emitted.texts(caplog.records)) == {}


class TestTheSearch:
    def test_finds_it_wherever_it_could_be(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A search that never finds anything would find no leak either."""
        logging.getLogger("a.room").info("room.thing.happened", extra={"to": PLANTED})
        product.failures.append(RuntimeError(PLANTED))
        product.call("list_messages", patient_id="maria")
        route, answer = product.answers[-1]
        answer.headers["x-told"] = PLANTED
        product.answers.append((route, type(answer)(400, {}, PLANTED.encode())))
        product.put_on("deliveries", {}, named=PLANTED)
        product.call("put_template", shipped("templates", SMS), template_id=PLANTED)
        tracing.count("messages.parked", reason=PLANTED)

        assert set(leaks(emitted.texts(caplog.records, [PLANTED]))) == {
            *("logs", "exceptions", "headers", "refusals", "answers", "messages", "documents", "telemetry"),
            "outside",
        }
