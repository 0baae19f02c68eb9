"""The faults of the stand-in for Cosmos DB, and what the real SDK makes of them."""

from collections.abc import Callable

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceExistsError

from tests.stand_ins.cosmos.asking import ASTRID, Cosmos, ask


def keep(container: ContainerProxy, name: str) -> None:
    container.create_item({"id": name, "partition": ASTRID})


class TestFaults:
    """What the SDK (4.17.1, one region) repeats by itself, and what it leaves to its user."""

    def writes(self, container: ContainerProxy) -> dict[str, Callable[[], object]]:
        change = [{"op": "set", "path": "/note", "value": "new"}]
        return {
            "create": lambda: keep(container, "b"),
            "patch": lambda: container.patch_item("a", ASTRID, change),
            "batch": lambda: container.execute_item_batch([("patch", ("a", change))], ASTRID),
        }

    @pytest.mark.parametrize("kind", ["create", "patch", "batch", "read", "query"])
    def test_429_is_waited_out(self, cosmos: Cosmos, container: ContainerProxy, kind: str) -> None:
        keep(container, "a")
        cosmos.fails(container, status=429, retry_after_ms=5, times=3, kinds=[kind])
        acts = self.writes(container) | {
            "read": lambda: container.read_item("a", ASTRID),
            "query": lambda: ask(container, "SELECT * FROM c"),
        }

        acts[kind]()

        assert cosmos.asked(container)[kind]["statuses"]["429"] == 3

    @pytest.mark.parametrize("kind", ["create", "patch", "batch"])
    @pytest.mark.parametrize("status", [408, 449, 500])
    def test_other_refusals_of_a_write_are_raised_at_once(
        self, cosmos: Cosmos, container: ContainerProxy, kind: str, status: int
    ) -> None:
        keep(container, "a")
        cosmos.fails(container, status=status, kinds=[kind], times=1)
        cosmos.gateway.tell("counts")

        with pytest.raises(CosmosHttpResponseError) as caught:
            self.writes(container)[kind]()

        assert caught.value.status_code == status
        assert cosmos.asked(container)[kind]["requests"] == 1

    @pytest.mark.parametrize("applied", [False, True])
    @pytest.mark.parametrize("kind", ["create", "patch", "batch"])
    def test_a_lost_answer_to_a_write_is_raised_at_once(
        self, cosmos: Cosmos, container: ContainerProxy, kind: str, *, applied: bool
    ) -> None:
        keep(container, "a")
        cosmos.fails(container, drop=True, applied=applied, kinds=[kind], times=1)

        with pytest.raises(ServiceResponseError):
            self.writes(container)[kind]()

        stands = ask(container, "SELECT * FROM c WHERE c.id = 'b' OR c.note = 'new'")
        assert len(stands) == applied

    def test_503_to_a_write_is_repeated_once_even_if_it_was_applied(
        self, cosmos: Cosmos, container: ContainerProxy
    ) -> None:
        cosmos.fails(container, status=503, applied=True, kinds=["create"], times=1)

        with pytest.raises(CosmosResourceExistsError):
            keep(container, "a")

        assert cosmos.asked(container)["create"]["statuses"] == {"409": 1, "503": 1}

    def test_a_lost_answer_to_a_read_is_asked_for_again(
        self, cosmos: Cosmos, container: ContainerProxy
    ) -> None:
        keep(container, "a")
        cosmos.fails(container, drop=True, kinds=["read"], times=1)

        assert container.read_item("a", ASTRID)["id"] == "a"
        assert cosmos.asked(container)["read"]["statuses"] == {"0": 1, "200": 1}

    def test_may_let_some_go_first(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        cosmos.fails(container, status=449, kinds=["create"], after=1, times=1)

        keep(container, "a")
        with pytest.raises(CosmosHttpResponseError):
            keep(container, "b")
        keep(container, "c")

    def test_may_come_by_chance(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        cosmos.fails(container, status=449, kinds=["create"], probability=0.5, seed=1)
        came = 0

        for number in range(40):
            try:
                keep(container, str(number))
            except CosmosHttpResponseError:
                came += 1

        assert 8 < came < 32

    def test_may_be_slowness(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        cosmos.fails(container, delay=0.2, kinds=["create"], times=1)

        with pytest.raises(ServiceResponseError):
            container.create_item({"id": "a", "partition": ASTRID}, read_timeout=0.05)

        assert container.read_item("a", ASTRID)["id"] == "a"
