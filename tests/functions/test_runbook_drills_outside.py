"""The runbook's chapters about what the house depends on, played: providers, people, machines, the store."""

import time
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.edge import tracing as edge_tracing
from shared.kernel.documents import Create
from shared.kernel.refusals import TransientFault
from shared.wiring.indexes import INDEXES
from tests.support.alerts import alerts
from tests.support.cosmos_house import CosmosHouse, CosmosServer, a_cosmos_house, a_cosmos_server
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_chat import Chat, open_chat_desk, sam
from tests.support.product_gateway import Gateway, a_gateway
from tests.support.product_machine import tick
from tests.support.product_story import a_patient, an_hba1c, keep_definitions, states_of
from tests.support.told import Told

MINUTE = timedelta(minutes=1)
AN_HOUR = [15 * MINUTE] * 4
MOST_COMMITS = 100
NO_CREDIT: dict[str, Any] = {"Status": "NotSent"}
NO_SUCH_NUMBER: dict[str, Any] = {"Status": "NotSent", "Details": {"Reason": "invalid-mailbox"}}


@pytest.fixture
def gateway() -> Generator[Gateway]:
    with a_gateway() as one:
        yield one


@pytest.fixture
def house(tmp_path: Path, issuer: Issuer, gateway: Gateway) -> Generator[Product]:
    """Give a product with the story in force, whose text messages leave the house."""
    with a_product(tmp_path, issuer, sms_provider="gateway", sms_gateway_url=gateway.url) as one:
        keep_definitions(one)
        yield one


def high_results(house: Product, people: int) -> list[str]:
    """Let so many people's high results come in, of whom each is to be written to."""
    names = [f"patient{number}" for number in range(people)]
    for number, name in enumerate(names):
        phone = f"+467017406{number:02}"
        house.write(a_patient(name, phone=phone), an_hba1c(f"hba1c-{name}", of=name))
    house.run()
    return names


class TestProviderUncertain:
    ALERT = alerts()["provider-uncertain"]

    def test_is_over_when_the_claim_has_lapsed(self, house: Product, told: Told, gateway: Gateway) -> None:
        gateway.answers_to_lose = 1
        high_results(house, 1)
        uncertain = self.ALERT.told(told.measured(), outcome="uncertain")
        (listed,) = house.call("list_uncertain").json["messages"]

        house.clock.pass_by(house.app.claim_lasts)
        house.tick("queue_lapsed_claims")

        assert self.ALERT.fires(sum(uncertain))
        assert listed["patient_id"] == "patient0"
        assert house.call("list_uncertain").json["messages"] == []
        assert states_of(house, "patient0") == [("sms", "accepted", None)]
        assert self.ALERT.told(told.measured(), outcome="uncertain") == []


class TestProviderRefusals:
    ALERT = alerts()["provider-refusals"]

    def turned_down(self, told: Told) -> tuple[float, float]:
        """Give how many were turned down since this was asked last, of how many that were handed over."""
        measured = told.measured()
        no = [sum(self.ALERT.told(measured, outcome=outcome)) for outcome in ("refused", "put_off")]
        return sum(no), sum(self.ALERT.told(measured))

    def test_about_us_are_over_when_we_have_credit_again(
        self, house: Product, told: Told, gateway: Gateway
    ) -> None:
        gateway.answers = (402, NO_CREDIT)
        people = high_results(house, 6)
        for quarter in AN_HOUR:
            house.pass_by(quarter)
        without = self.turned_down(told)

        gateway.answers = None
        house.pass_by(2 * 15 * MINUTE)

        assert self.ALERT.fires(without[0])
        assert without[0] == without[1]
        assert all(states_of(house, name) == [("sms", "accepted", None)] for name in people)
        assert self.turned_down(told) == (0, 6)

    def test_about_addresses_are_final(self, house: Product, told: Told, gateway: Gateway) -> None:
        gateway.answers = (422, NO_SUCH_NUMBER)
        people = high_results(house, 21)
        refused = self.turned_down(told)
        records = [one.log_record for one in told.logs.get_finished_logs()]
        ended = [dict(one.attributes or {}) for one in records if one.body == "messaging.delivery.ended"]

        house.pass_by(timedelta(hours=1))

        assert self.ALERT.fires(refused[0])
        assert [one["reason"] for one in ended] == ["invalid-mailbox"] * 21
        assert {states_of(house, name)[0][1:] for name in people} == {("refused", "invalid-mailbox")}
        assert self.turned_down(told) == (0, 0)


class TestChatWaiting:
    ALERT = alerts()["chat-waiting"]

    @pytest.fixture
    def chat(self, product: Product) -> Chat:
        """Let Maria ask for a person while Sam is away."""
        open_chat_desk(product)
        self.sam_is(product, "appear_away")
        chat = Chat(product)
        assert chat.says("I want to talk to a person").status == 200
        product.run()
        product.pass_by(6 * MINUTE)
        return chat

    def sam_is(self, product: Product, presence: str) -> None:
        body = {"presence": presence, "display_name": "Sam"}
        set_to = product.ask("PUT", "/api/me/presence", body=body, token=sam(product))
        assert set_to.status == 200, set_to.json
        product.run()

    def longest(self, told: Told) -> float:
        tick("measure_backlog")
        return max(self.ALERT.told(told.measured()))

    def test_is_over_when_somebody_is_called_in(self, product: Product, told: Told, chat: Chat) -> None:
        waited = self.longest(told)
        (row,) = product.call("list_conversations").json["conversations"]
        where = {"queue_id": row["queue_id"], "work_id": row["conversation_id"]}
        (member,) = product.call("explain_waiting", **where).json["members"]

        self.sam_is(product, "available")
        taken = chat.sam("accept").status
        product.run()

        assert self.ALERT.fires(waited)
        assert (row["state"], row["patient_id"], member["verdict"]) == ("open", "maria", "away")
        assert taken == 200
        assert not self.ALERT.fires(self.longest(told))


class TestColdStarts:
    ALERT = alerts()["cold-starts"]

    def first_answer(
        self, house: Product, told: Told, monkeypatch: pytest.MonkeyPatch, *, seconds_ago: float
    ) -> list[float]:
        """Let a process that was started then answer for the first time; give what counts for the alert."""
        monkeypatch.setattr(edge_tracing, "_imported_at", [time.perf_counter() - seconds_ago])
        house.call("live")
        return self.ALERT.told(told.measured(), idle=False)

    def test_that_are_slow_are_told_from_those_that_are_not(
        self, house: Product, told: Told, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told.measured()
        slow = self.first_answer(house, told, monkeypatch, seconds_ago=edge_tracing.IDLE_AFTER - 1)
        quick = self.first_answer(house, told, monkeypatch, seconds_ago=1)
        stood_ready = self.first_answer(house, told, monkeypatch, seconds_ago=600)

        limit = slow_from(self.ALERT.query)
        assert [seconds > limit for seconds in (*slow, *quick)] == [True, False]
        assert stood_ready == []


def slow_from(query: str) -> float:
    """Give the seconds from which on a query counts a start as slow."""
    return float(query.partition("countif(Max > ")[2].partition(")")[0])


class TestStoreThrottled:
    """On the stand-in of Cosmos DB, which turns down as much as it is told to."""

    ALERT = alerts()["store-throttled"]

    @pytest.fixture
    def server(self, tmp_path: Path) -> Generator[CosmosServer]:
        with a_cosmos_server(tmp_path / "cosmos") as one:
            yield one

    @pytest.fixture
    def store(self, server: CosmosServer) -> Generator[CosmosHouse]:
        with a_cosmos_house(server, INDEXES) as one:
            yield one

    def test_is_over_when_it_may_give_more(
        self, server: CosmosServer, store: CosmosHouse, told: Told
    ) -> None:
        server.fails(status=429, retry_after_ms=1, kinds=["batch"])
        attempts = 0
        throttled: list[float] = []
        while not self.ALERT.fires(sum(throttled)) and attempts < MOST_COMMITS:
            attempts += 1
            with pytest.raises(TransientFault):
                store.documents.commit("patient/maria", changes=[Create("thing~1", {})])
            throttled += self.ALERT.told(told.measured(), operation="batch")

        server.works_again()
        store.documents.commit("patient/maria", changes=[Create("thing~1", {})])

        after = told.measured()
        assert self.ALERT.fires(sum(throttled))
        assert after["store.operations"][("operation", "batch"),] == 1
        assert self.ALERT.told(after) == []
