"""Killed at random moments over Cosmos DB and Service Bus, the house loses nothing and does nothing twice.

Both are stand-ins that this project wrote apart from its adapters (D15); they outlive the house.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.azure import Azure, an_azure
from tests.support.five_flows import FiveFlows
from tests.support.ordeal import Ordeal


@pytest.fixture
def azure(tmp_path: Path) -> Generator[Azure]:
    with an_azure(tmp_path / "azure") as services:
        yield services


class TestBeingKilled:
    def test_sends_every_message_once(self, azure: Azure, tmp_path: Path) -> None:
        ordeal = Ordeal(tmp_path, seed=1, people=20, kills=4, options=azure.options)

        assert ordeal.findings() == []

    def test_keeps_the_promises_of_all_five_flows(self, azure: Azure, tmp_path: Path) -> None:
        played = FiveFlows(tmp_path, seed=1, people=12, kills=2, options=azure.options)

        assert played.findings() == []
