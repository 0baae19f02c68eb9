"""What Azure is asked to create, and what the code expects to find there, is one thing (house rule 23)."""

import dataclasses
import json
import re
import tomllib
from typing import Any

import pytest

from shared.kernel.sensitive import Sensitive
from shared.wiring.queues import QUEUES
from shared.wiring.settings import FhirSource, NamedSecret, Settings
from tests.support.bicep import facts
from tests.support.the_app import functions
from tests.support.tree import ROOT

EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
HOST: dict[str, Any] = json.loads((ROOT / "host.json").read_text())
CREATED: list[dict[str, Any]] = json.loads(facts.path("queues.json").read_text())

ONLY_ON_A_LAPTOP = {
    "FUNCTIONS_WORKER_RUNTIME": "a Flex Consumption app is told its runtime otherwise, and refuses this",
    "AzureWebJobsStorage": "a connection string; in Azure an account's name and an identity",
    "COSMOS": "a connection string; in Azure an endpoint and an identity",
    "SERVICE_BUS": "a connection string; in Azure a host and an identity",
}
ONLY_IN_AZURE = {
    "AzureWebJobsStorage__accountName": "the host's own storage, by identity",
    "AzureWebJobsStorage__credential": "as above",
    "AzureWebJobsStorage__clientId": "as above",
    "COSMOS__accountEndpoint": "the connection of triggers, by identity",
    "COSMOS__credential": "as above",
    "COSMOS__clientId": "as above",
    "SERVICE_BUS__fullyQualifiedNamespace": "the connection of triggers, by identity",
    "SERVICE_BUS__credential": "as above",
    "SERVICE_BUS__clientId": "as above",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the host sends its telemetry by identity",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "the exporter, used only there, does not report on itself",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "as above",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "nor does it ask elsewhere how to behave",
    "PYTHON_ENABLE_OPENTELEMETRY": "read by the host's worker, which a laptop has not",
}
NOT_IN_THE_VAULT = {"APPLICATIONINSIGHTS_CONNECTION_STRING", "FHIR_CLIENT_SECRET", "FHIR_TOKEN"}
"""One names a component that takes telemetry by identity alone, so it opens nothing; the others are empty."""
GROUPS_OF_THE_PLATFORM = {"http", "durable", "blob"}
ROLES = {
    ("monitoring", "Monitoring Metrics Publisher", "appIdentity"): "telemetry without a key",
    ("keyVault", "Key Vault Secrets User", "appIdentity"): "settings that are references to secrets",
    ("storage", "Storage Blob Data Owner", "appIdentity"): "the package, the host's leases, the lake",
    ("storage", "Storage Blob Data Contributor", "intakeIdentity"): "events that could not be delivered",
    ("serviceBus", "Azure Service Bus Data Receiver", "appIdentity"): "triggers, and looking at dead letters",
    ("serviceBus", "Azure Service Bus Data Sender", "appIdentity"): "the relay, and copies for later",
    ("serviceBus", "Azure Service Bus Data Sender", "intakeIdentity"): "changes of the record",
    ("fhir", "FHIR Data Contributor", "appIdentity"): "reading and writing the record",
    ("communication", "Communication and Email Service Owner", "appIdentity"): "sending without a key",
}
"""Every role that is given, and what for. None of them may manage anything."""


def settings_in_azure() -> dict[str, str]:
    own = {
        name: value
        for variable in ("platform", "adapters", "house", "secrets", "schedules")
        for name, value in facts.object_of("modules/settings.bicep", variable).items()
    }
    queues = {str(queue["setting"]): str(queue["name"]) for queue in CREATED}
    return {**own, **facts.object_of("modules/function-app.bicep", "platformSettings"), **queues}


def literals_in_azure() -> dict[str, str]:
    return {
        name: value
        for variable in ("adapters", "house", "schedules")
        for name, value in facts.literals_of("modules/settings.bicep", variable).items()
    }


class TestSettings:
    def test_are_those_of_the_example_but_for_those_with_a_reason(self) -> None:
        expected = (set(EXAMPLE) - set(ONLY_ON_A_LAPTOP)) | set(ONLY_IN_AZURE)

        assert set(settings_in_azure()) == expected

    def test_are_all_handed_on(self) -> None:
        result = facts.template("modules/settings.bicep").outputs["values"].value

        assert result is not None
        assert facts.spelt(result) == "union(platform, adapters, house, secrets, schedules, queueSettings)"

    def test_can_be_read_by_the_app(self) -> None:
        """Where Bicep hands on what it is given, the laptop's value stands in."""
        literal = literals_in_azure()
        given = {
            "COSMOS_ENDPOINT": "https://a.documents.azure.com:443/",
            "SERVICE_BUS_NAMESPACE": "a.servicebus.windows.net",
            "BLOB_ENDPOINT": "https://a.blob.core.windows.net",
            "BLOB_LAKE_CONTAINER": "lake",
            "BLOB_SOURCES_CONTAINER": "sources",
            "AZURE_CLIENT_ID": "2f0c4d1e-0000-0000-0000-000000000000",
            "FHIR_BASE_URL": "https://a-fhir.fhir.azurehealthcareapis.com",
        }

        settings = Settings.read_from({**EXAMPLE, **given, **literal})

        assert (settings.store, settings.queues, settings.lake) == ("cosmos", "servicebus", "blob")
        assert (settings.record, settings.fhir_auth) == ("fhir", "managed_identity")
        assert (settings.fhir_client_secret.value, settings.fhir_token.value) == ("", "")

    def test_hold_secrets_as_references_only(self) -> None:
        secret = {
            field.name.upper()
            for field in dataclasses.fields(Settings)
            if field.type in {Sensitive[str], tuple[NamedSecret, ...], tuple[FhirSource, ...]}
        } - NOT_IN_THE_VAULT

        kept = facts.object_of("modules/settings.bicep", "secrets")

        assert set(kept) == secret
        assert kept == {name: f"fromVault(vaultName, '{name.lower().replace('_', '-')}')" for name in secret}

    def test_switch_telemetry_as_its_page_says(self) -> None:
        page = (ROOT / "docs/telemetry.md").read_text()
        said = set(re.findall(r"`((?:PYTHON|APPLICATIONINSIGHTS|OTEL)_\w+)(?:=true)?`", page))
        unset = set(re.findall(r"`(\w+)` stays unset", page))
        switched_on = {name for name in said - unset if "DISABLED" in name or "ENABLE" in name}
        literal = facts.literals_of("modules/settings.bicep", "platform")

        assert unset == {"PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"}
        assert said - set(settings_in_azure()) == unset
        assert {name for name, value in literal.items() if value == "true"} == switched_on
        assert len(switched_on) == 4

    def test_tick_as_on_a_laptop(self) -> None:
        ticking = {name: value for name, value in EXAMPLE.items() if name.endswith("_SCHEDULE")}

        assert facts.object_of("modules/settings.bicep", "schedules") == ticking

    def test_give_the_platform_as_many_threads_as_sessions(self) -> None:
        threads = int(facts.value("main.bicep", "threads"))

        assert threads == HOST["extensions"]["serviceBus"]["maxConcurrentSessions"]
        assert threads == int(EXAMPLE["PYTHON_THREADPOOL_THREAD_COUNT"])


class TestQueues:
    def test_are_made_with_all_that_is_said_of_them(self) -> None:
        said = {name for queue in CREATED for name in queue}

        assert facts.fields_of_type("modules/service-bus.bicep", "queueType") == said
        for name in said - {"setting"}:
            assert f"queue.{name}" in facts.path("modules/service-bus.bicep").read_text()

    def test_take_the_changes_of_the_record_where_hints_of_them_go(self) -> None:
        (intake,) = [queue for queue in QUEUES if "ResourceChanged" in queue.carries]

        assert facts.value("main.bicep", "intakeQueue") == intake.name
        assert not intake.in_sessions, "Event Grid cannot deliver into sessions"


class TestTheStore:
    def test_has_the_containers_that_the_code_names(self) -> None:
        made = facts.object_of("main.bicep", "containers")
        places = facts.object_of("modules/settings.bicep", "adapters")

        assert made["documents"] == EXAMPLE["COSMOS_CONTAINER"]
        assert made["leases"] == EXAMPLE["COSMOS_LEASES"]
        assert made["audit"] == EXAMPLE["COSMOS_AUDIT_CONTAINER"]
        assert facts.value("main.bicep", "database") == EXAMPLE["COSMOS_DATABASE"]
        assert places["COSMOS_AUDIT_CONTAINER"] == "places.audit"

    def test_has_an_audit_that_can_only_grow(self) -> None:
        assert facts.data_actions("addsToAudit") == {
            "sqlDatabases/containers/executeQuery",
            "sqlDatabases/containers/items/create",
            "sqlDatabases/containers/items/read",
        }

    def test_lets_documents_be_kept_and_followed(self) -> None:
        assert {action.rpartition("/")[2] for action in facts.data_actions("keepsDocuments")} == {
            "executeQuery",
            "readChangeFeed",
            "create",
            "read",
            "replace",
            "upsert",
            "delete",
        }

    def test_forgets_only_what_says_so_itself(self) -> None:
        assert facts.path("modules/cosmos.bicep").read_text().count("defaultTtl: -1") == 1

    def test_is_strongly_consistent(self) -> None:
        """Or else an act may find nothing to do where there is something (decision 19)."""
        account = facts.path("modules/cosmos.bicep").read_text()

        assert "defaultConsistencyLevel: 'Strong'" in account
        assert account.count("locationName:") == 1, "what is strong in one region is slow in two"


class TestTheApp:
    def test_keeps_ready_what_is_there(self) -> None:
        ready = {
            name for name in facts.texts_in("modules/function-app.bicep") if name.startswith("function:")
        }
        known = {f"function:{function.get_function_name()}" for function in functions()}

        assert ready == {"function:relay"}
        assert ready <= known
        assert "http" in facts.texts_in("modules/function-app.bicep") & GROUPS_OF_THE_PLATFORM

    def test_runs_a_python_that_the_project_allows(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        parameter = facts.template("modules/function-app.bicep").declared["pythonVersion"]
        offered = re.findall(r"3\.\d+", facts.spelt(parameter.decorators["allowed"]))

        assert project["requires-python"] == ">=3.11,<3.14"
        assert offered == ["3.12", "3.13"]

    def test_is_replaced_a_few_instances_at_a_time(self) -> None:
        assert (
            "siteUpdateStrategy: { type: 'RollingUpdate' }"
            in facts.path("modules/function-app.bicep").read_text()
        )


class TestRoles:
    def test_are_those_with_a_reason(self) -> None:
        assert set(facts.roles_given()) == set(ROLES)

    def test_of_the_intake_end_at_its_queue_and_its_container(self) -> None:
        on_a_part = {(facts.spelt(role), facts.spelt(part)) for role, part in facts.roles_on_parts()}

        assert on_a_part == {
            ("Storage Blob Data Contributor", "blobs.undelivered"),
            ("Azure Service Bus Data Sender", "intakeQueue"),
        }

    def test_are_all_among_those_that_can_be_given(self) -> None:
        table = facts.object_of("modules/types.bicep", "roleIds")

        assert set(table) == {role for _, role, _ in ROLES}


class TestAlerts:
    def test_say_what_the_module_takes(self) -> None:
        alerts: list[dict[str, Any]] = json.loads(facts.path("observability/alerts.json").read_text())

        for alert in alerts:
            assert set(alert) == facts.fields_of_type("modules/alerts.bicep", "alertType"), alert["name"]
            assert re.fullmatch(r"[a-z][a-z0-9-]{2,59}", alert["name"])
            assert alert["severity"] in range(5)
            assert (alert["measure"] == "") == (alert["aggregation"] == "Count")

    def test_ask_for_what_they_name(self) -> None:
        alerts: list[dict[str, Any]] = json.loads(facts.path("observability/alerts.json").read_text())

        missing = [
            (alert["name"], name)
            for alert in alerts
            for name in alert["uses"]
            if f"'{name}'" not in alert["query"]
        ]

        assert alerts
        assert not missing

    def test_have_a_page_that_asks_the_same_workspace(self) -> None:
        page = facts.path("observability/workbook.json").read_text()

        assert json.loads(page)["version"] == "Notebook/1.0"
        assert "{workspace-resource-id}" in page


class TestTheDeveloperCli:
    @pytest.mark.parametrize("named", ["infra/main.bicep", "infra/main.bicepparam"])
    def test_finds_what_it_deploys(self, named: str) -> None:
        told = (ROOT / "azure.yaml").read_text()

        assert "path: infra" in told
        assert "module: main" in told
        assert (ROOT / named).is_file()

    def test_finds_the_app_by_its_tag(self) -> None:
        assert re.search(r"^  app:$", (ROOT / "azure.yaml").read_text(), re.MULTILINE)
        assert "'azd-service-name': 'app'" in facts.path("modules/function-app.bicep").read_text()

    def test_asks_for_nothing_that_the_page_does_not_name(self) -> None:
        asked = set(
            re.findall(r"readEnvironmentVariable\('(\w+)'", facts.path("main.bicepparam").read_text())
        )
        page = (ROOT / "docs/deploy.md").read_text()

        unnamed = {name for name in asked if f"`{name}`" not in page and not name.startswith("AZURE_")}

        assert not unnamed

    def test_runs_hooks_that_can_be_run(self) -> None:
        hooks = re.findall(r"run: (\S+)", (ROOT / "azure.yaml").read_text())

        assert len(hooks) == 2
        assert all((ROOT / hook).stat().st_mode & 0o100 for hook in hooks)
