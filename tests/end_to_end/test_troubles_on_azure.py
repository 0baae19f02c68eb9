"""Ill-treated by Cosmos DB and Service Bus, the house recovers by itself, and tells of it (D6, D15).

Both are stand-ins that this project wrote apart from its adapters; what they do wrong is asked of them.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.stand_ins.otlp import Collector, a_collector
from tests.support.azure import Azure, an_azure
from tests.support.ordeal import Ordeal

PEOPLE = 12


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is made to go wrong, and how it can be seen: by any of these measurements or events."""

    made: Callable[[Azure], object]
    seen_as: frozenset[str]


def lost_answers(azure: Azure) -> None:
    """Lose the answers of commits that were made, and refuse others before."""
    azure.tell_cosmos("faults", drop=True, applied=True, probability=0.2, kinds=["batch"], seconds=15)
    azure.tell_cosmos("faults", status=503, probability=0.1, kinds=["batch", "read", "query"], seconds=15)


def clocks_apart(azure: Azure) -> None:
    """Let the store be five minutes ahead of the house, and the broker two."""
    azure.tell_cosmos("clock", ahead_by_seconds=300)
    azure.tell_service_bus("clock", real={"ahead_by_seconds": 120})


TROUBLES = {
    "30 s of 429": Trouble(
        lambda azure: azure.tell_cosmos("faults", status=429, retry_after_ms=200, seconds=30),
        frozenset({"store.throttled"}),
    ),
    "connections dropped every second": Trouble(
        lambda azure: azure.tell_service_bus("drop", every=1, lasting=12), frozenset({"queues.links_lost"})
    ),
    "a redelivery storm": Trouble(
        lambda azure: azure.tell_service_bus("faults", deliver_twice=1_000),
        frozenset({"edge.message.repeated", "edge.message.stale", "messaging.delivery.repeated"}),
    ),
    "lost answers": Trouble(lost_answers, frozenset({"store.faults"})),
    "feed batches that fail half-way": Trouble(
        lambda azure: azure.tell_cosmos("faults", status=449, probability=0.5, kinds=["batch"], seconds=15),
        frozenset({"store.faults"}),
    ),
    "clocks minutes apart": Trouble(clocks_apart, frozenset({"store.operations"})),
}


@pytest.fixture
def azure(tmp_path: Path) -> Generator[Azure]:
    with an_azure(tmp_path / "azure") as services:
        yield services


@pytest.fixture
def collector() -> Generator[Collector]:
    with a_collector() as listening:
        yield listening


class TestTrouble:
    @pytest.mark.parametrize("named", TROUBLES)
    def test_loses_nothing_doubles_nothing_and_is_seen(
        self, azure: Azure, collector: Collector, tmp_path: Path, named: str
    ) -> None:
        trouble = TROUBLES[named]
        listened_to = ("--set", f"OTEL_EXPORTER_OTLP_ENDPOINT={collector.url}")
        ordeal = Ordeal(
            tmp_path,
            seed=1,
            people=PEOPLE,
            kills=0,
            options=(*azure.options, *listened_to),
            trouble=lambda: trouble.made(azure),
        )

        assert ordeal.findings() == []
        assert trouble.seen_as & (collector.metrics | collector.events)
