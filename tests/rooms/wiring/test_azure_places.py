"""Azure's own libraries say nothing: they quote the service, whose words may hold a patient's (D17)."""

import json
import logging

import pytest

from shared.wiring.azure_places import AzurePlaces
from shared.wiring.settings import Settings
from tests.support.tree import ROOT

EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
PLANTED = "9434765919"


class TestAzurePlaces:
    @pytest.mark.parametrize("library", ["azure.core.pipeline", "azure.cosmos", "azure.servicebus._pyamqp"])
    def test_let_no_library_of_azure_speak(self, caplog: pytest.LogCaptureFixture, library: str) -> None:
        caplog.set_level(logging.DEBUG, logger="azure")  # and what it was, after this test

        AzurePlaces(Settings.read_from(EXAMPLE))
        logging.getLogger(library).error("no such item: %s", PLANTED)

        assert PLANTED not in caplog.text
