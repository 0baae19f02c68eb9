"""What the code asks for, what the example gives and what triggers name is one list (house rule 23)."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.wiring.settings import SettingRefused, Settings
from tests.support.the_app import functions
from tests.support.tree import ROOT

EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
HOST: dict[str, Any] = json.loads((ROOT / "host.json").read_text())
PLATFORM = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "PYTHON_THREADPOOL_THREAD_COUNT"}
"""Read by the Functions platform, not by us."""
BY_IDENTITY = {"SERVICE_BUS": "SERVICE_BUS__fullyQualifiedNamespace", "COSMOS": "COSMOS__accountEndpoint"}
"""Connections: on a laptop a connection string, in Azure a prefix for an identity."""


def asked_for() -> set[str]:
    return {field.name.upper() for field in dataclasses.fields(Settings)}


def named_in_triggers() -> tuple[set[str], set[str]]:
    bindings: list[dict[str, Any]] = [
        binding.get_dict_repr() for function in functions() for binding in function.get_bindings()
    ]
    texts = [value for binding in bindings for value in binding.values() if isinstance(value, str)]
    return (
        {name for text in texts for name in re.findall(r"%(\w+)%", text)},
        {str(binding["connection"]) for binding in bindings if binding.get("connection")},
    )


class TestSettings:
    def test_are_those_of_the_example(self) -> None:
        names, connections = named_in_triggers()

        assert asked_for() | names | connections | PLATFORM == set(EXAMPLE)

    def test_reach_azure_by_identity(self) -> None:
        _, connections = named_in_triggers()

        assert connections == set(BY_IDENTITY)

    def test_are_read_from_the_example(self) -> None:
        settings = Settings.read_from(EXAMPLE)

        assert settings.data_folder == EXAMPLE["DATA_FOLDER"]

    @pytest.mark.parametrize("name", sorted(asked_for()))
    def test_are_refused_by_name_when_missing(self, name: str) -> None:
        without = {key: value for key, value in EXAMPLE.items() if key != name}

        with pytest.raises(SettingRefused, match=f"^{name} is missing$"):
            Settings.read_from(without)

    def test_are_read_by_the_composition_alone(self) -> None:
        readers = {
            str(path.relative_to(ROOT))
            for folder in ("shared", "functions")
            for path in (ROOT / folder).rglob("*.py")
            if re.search(r"\benviron\b|\bgetenv\b", path.read_text())
        }

        assert readers == {str(Path("shared/wiring/composition.py"))}


class TestHost:
    def test_serves_routes_as_they_are_written(self) -> None:
        assert HOST["extensions"]["http"] == {"routePrefix": ""}

    def test_gives_every_session_a_thread(self) -> None:
        service_bus = HOST["extensions"]["serviceBus"]

        assert service_bus["maxConcurrentSessions"] == int(EXAMPLE["PYTHON_THREADPOOL_THREAD_COUNT"])
        assert service_bus["maxConcurrentCalls"] == int(EXAMPLE["PYTHON_THREADPOOL_THREAD_COUNT"])
        assert service_bus["sessionIdleTimeout"] == "00:00:01"

    def test_takes_no_more_at_once_than_is_done_while_a_lock_lasts(self) -> None:
        """The platform renews no lock of a batch, and would take a thousand messages."""
        assert HOST["extensions"]["serviceBus"]["maxMessageBatchSize"] == 200

    def test_says_nothing_the_platform_does_not_know(self) -> None:
        known = {"version", "extensionBundle", "extensions", "functionTimeout", "logging", "telemetryMode"}
        assert set(HOST) <= known
        assert set(HOST["extensions"]["serviceBus"]) <= {
            "autoCompleteMessages",
            "clientRetryOptions",
            "enableCrossEntityTransactions",
            "maxAutoLockRenewalDuration",
            "maxConcurrentCalls",
            "maxConcurrentCallsPerSession",
            "maxConcurrentSessions",
            "maxMessageBatchSize",
            "minMessageBatchSize",
            "maxBatchWaitTime",
            "prefetchCount",
            "sessionIdleTimeout",
            "transportType",
        }

    def test_takes_the_extensions_of_version_four(self) -> None:
        assert HOST["version"] == "2.0"
        assert HOST["extensionBundle"] == {
            "id": "Microsoft.Azure.Functions.ExtensionBundle",
            "version": "[4.*, 5.0.0)",
        }
