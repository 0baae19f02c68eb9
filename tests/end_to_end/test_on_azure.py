"""The whole house over Azure's own SDKs, in stand-ins of its services: played, killed and ill-treated (D15).

Nothing here has met Azure: the gateway and the broker are this project's, written apart from its adapters.
"""

import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from local.own_host import ROOT, HostDidNotStart, OwnHost
from tests.stand_ins.otlp import Collector, a_collector
from tests.support.azure import Azure, an_azure
from tests.support.five_flows import FiveFlows
from tests.support.ordeal import Ordeal

PEOPLE = 30


@pytest.fixture
def azure(tmp_path: Path) -> Generator[Azure]:
    with an_azure(tmp_path / "azure") as services:
        yield services


@pytest.fixture
def collector() -> Generator[Collector]:
    with a_collector() as listening:
        yield listening


def throttled(azure: Azure) -> None:
    """Let Cosmos DB refuse everything for half a minute: 429, and a hint when to come again."""
    azure.tell_cosmos("faults", status=429, retry_after_ms=200, seconds=30)


def cut_off(azure: Azure) -> None:
    """Drop every connection to Service Bus once a second for twenty seconds."""
    azure.tell_service_bus("drop", every=1, lasting=20)


def told_twice(azure: Azure) -> None:
    """Deliver the next thousand messages twice."""
    azure.tell_service_bus("faults", deliver_twice=1_000)


def unheard(azure: Azure) -> None:
    """Lose the answer of one commit in ten after it was made, and refuse as many before."""
    azure.tell_cosmos("faults", drop=True, applied=True, probability=0.1, kinds=["batch"], seconds=20)
    azure.tell_cosmos("faults", status=503, probability=0.1, kinds=["batch", "read", "query"], seconds=20)


def half_a_batch(azure: Azure) -> None:
    """Let what the relay deletes fail half-way: every second commit, for a while."""
    azure.tell_cosmos("faults", status=449, probability=0.5, kinds=["batch"], seconds=20)


class TestTheStory:
    def test_is_kept_on_cosmos_and_service_bus(self) -> None:
        command = [sys.executable, "-m", "local.story", "--store", "cosmos", "--queues", "servicebus"]

        played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

        assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-2000:]
        assert "All of it held." in played.stdout
        assert "3 tasks: 1 call-back requested, 1 low-satisfaction completed, 1 outreach" in played.stdout


class TestBeingKilled:
    def test_loses_nothing_and_doubles_nothing(self, azure: Azure, tmp_path: Path) -> None:
        ordeal = Ordeal(tmp_path, seed=1, people=PEOPLE, kills=4, options=azure.options)

        assert ordeal.findings() == []

    def test_keeps_the_promises_of_all_five_flows(self, azure: Azure, tmp_path: Path) -> None:
        played = FiveFlows(tmp_path, seed=1, people=12, kills=3, options=azure.options)

        assert played.findings() == []


class TestIllTreatment:
    @pytest.mark.parametrize(
        ("trouble", "shows_as"),
        [
            (throttled, "store.throttled"),
            (cut_off, "messages"),
            (told_twice, "messages"),
            (unheard, "store"),
            (half_a_batch, "store"),
        ],
        ids=["30 s of 429", "dropped connections", "redelivery storm", "lost answers", "half a feed batch"],
    )
    def test_loses_nothing_doubles_nothing_and_is_seen(
        self,
        azure: Azure,
        collector: Collector,
        tmp_path: Path,
        trouble: Callable[[Azure], None],
        shows_as: str,
    ) -> None:
        listened_to = ("--set", f"OTEL_EXPORTER_OTLP_ENDPOINT={collector.url}")
        ordeal = Ordeal(
            tmp_path,
            seed=1,
            people=PEOPLE,
            kills=0,
            options=(*azure.options, *listened_to),
            trouble=lambda: trouble(azure),
        )

        assert ordeal.findings() == []
        assert any(name.startswith(shows_as) for name in collector.metrics)


class TestStarting:
    def test_is_refused_by_name_where_a_secret_was_not_resolved(self, tmp_path: Path) -> None:
        unresolved = "CONTACT_KEY=@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/contact/)"
        host = OwnHost(tmp_path / "data", options=("--set", unresolved))

        with pytest.raises(
            HostDidNotStart, match="CONTACT_KEY is a Key Vault reference that was not resolved"
        ):
            host.start()

        host.http.close()
