"""What azd runs beside a deployment, as a shell runs it; `azd`, `az` and `make` are stand-ins."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.wiring.settings import Settings
from tests.support.bicep import facts
from tests.support.tree import ROOT

EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
VAULT = "/subscriptions/ours/resourceGroups/rg-hospital/providers/Microsoft.KeyVault/vaults/kv-1"
ALL = {name.lower().replace("_", "-") for name in facts.object_of("modules/settings.bicep", "secrets")}
STAND_INS = {
    "azd": """printf '%s\\n' "$@" > set; printf '%s' "$4" > value""",
    "make": """echo "$*" >> done""",
    "python": """read -r token; echo "$token $*" >> done; [ ! -e record-refuses ]""",
    "az": f"""echo "$*" >> asked
case "$*" in
  "group exists --subscription ours --name rg-hospital") cat group ;;
  "keyvault list --subscription ours --resource-group rg-hospital "*) [ ! -e vault ] || echo {VAULT} ;;
  "rest --method get --url {VAULT}/secrets?api-version="*) cat vault ;;
  "account get-access-token "*) echo a-token ;;
  *) echo "not understood: $*" >&2; exit 2 ;;
esac""",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine with an azd environment of its own, and what it sees of Azure."""

    folder: Path

    def sees(self, *, group: str = "true", vault: set[str] | None = None) -> None:
        """Let the group be there or not, and a vault with these secrets in it."""
        (self.folder / "group").write_text(f"{group}\n")
        if vault is not None:
            (self.folder / "vault").write_text("".join(f"{name}\n" for name in sorted(vault)))

    def runs(self, hook: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        named = {"AZURE_ENV_NAME": "hospital", "AZURE_SUBSCRIPTION_ID": "ours"} | environment
        path = f"{self.folder / '.venv/bin'}:{os.defpath}"
        return subprocess.run(
            ["/bin/sh", str(facts.path(f"hooks/{hook}"))],
            cwd=self.folder,
            env={"PATH": path} | named,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def was_set(self) -> list[str]:
        path = self.folder / "set"
        return path.read_text().splitlines() if path.exists() else []

    def made(self) -> dict[str, Any]:
        assert self.was_set()[:3] == ["env", "set", "SECRETS"]
        return json.loads((self.folder / "value").read_text())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / ".venv/bin"
    folder.mkdir(parents=True)
    for name, does in STAND_INS.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o700)
    return Machine(tmp_path)


class TestMakeSecrets:
    def test_makes_all_of_them_the_first_time(self, machine: Machine) -> None:
        machine.sees(group="false")

        assert machine.runs("make-secrets.sh").returncode == 0

        assert set(machine.made()) == ALL
        assert len(set(machine.made().values())) == len(ALL)

    def test_makes_what_the_app_can_read(self, machine: Machine) -> None:
        machine.sees(group="false")
        machine.runs("make-secrets.sh")

        made = {name.upper().replace("-", "_"): value for name, value in machine.made().items()}

        settings = Settings.read_from(EXAMPLE | made)
        assert len(settings.contact_key.value) == 64
        assert [key.purpose for key in settings.signing_keys] == ["conversation", "survey", "preferences"]

    def test_makes_none_on_a_second_machine(self, machine: Machine) -> None:
        """Its azd environment is empty, and what it made would be written over what is in the vault."""
        machine.sees(vault=ALL | {"of-somebody-else"})

        assert machine.runs("make-secrets.sh").returncode == 0
        assert machine.was_set() == []

    @pytest.mark.parametrize("forgotten", ["", "{}"])
    def test_makes_only_what_a_new_version_brings(self, machine: Machine, forgotten: str) -> None:
        machine.sees(vault=ALL - {"bot-secret"} | {"old-bot-secret"})

        machine.runs("make-secrets.sh", SECRETS=forgotten)

        assert set(machine.made()) == {"bot-secret"}

    def test_makes_all_where_a_first_deployment_came_no_further_than_its_vault(
        self, machine: Machine
    ) -> None:
        machine.sees(vault=set())

        machine.runs("make-secrets.sh")

        assert set(machine.made()) == ALL

    @pytest.mark.parametrize("switched", [{"SECRETS": '{"contact-key":"mine"}'}, {"MAKE_SECRETS": "false"}])
    def test_leaves_alone_what_is_said(self, machine: Machine, switched: dict[str, str]) -> None:
        assert machine.runs("make-secrets.sh", **switched).returncode == 0
        assert machine.was_set() == []

    def test_takes_the_secret_of_your_gateway(self, machine: Machine) -> None:
        machine.sees(group="false")

        machine.runs("make-secrets.sh", SMS_GATEWAY_SECRET="agreed")  # noqa: S106  # of a test

        assert machine.made()["sms-gateway-secret"] == "agreed"

    @pytest.mark.parametrize("seen", ["", "Please run az login"])
    def test_makes_none_where_it_cannot_be_told_what_is_there(self, machine: Machine, seen: str) -> None:
        machine.sees(group=seen)

        assert machine.runs("make-secrets.sh").returncode != 0
        assert machine.was_set() == []

    def test_makes_none_where_the_vault_does_not_answer(self, machine: Machine) -> None:
        machine.sees()
        (machine.folder / "vault").mkdir()  # there, and not to be read

        assert machine.runs("make-secrets.sh").returncode != 0
        assert machine.was_set() == []

    def test_makes_none_where_no_subscription_is_named(self, machine: Machine) -> None:
        """In the one that `az` happens to use there may be no such group."""
        machine.sees(group="false")

        refused = machine.runs("make-secrets.sh", AZURE_SUBSCRIPTION_ID="")

        assert refused.returncode != 0
        assert "AZURE_SUBSCRIPTION_ID" in refused.stderr
        assert machine.was_set() == []

    def test_looks_into_the_group_that_is_deployed(self) -> None:
        assert facts.value("main.bicep", "groupName") == "'rg-${environmentName}'"


class TestLoadSample:
    def test_loads_once_and_forgets_the_wish(self, machine: Machine) -> None:
        ran = machine.runs("load-sample.sh", LOAD_SAMPLE_DATA="true", FHIR_URL="https://fhir.example")

        assert ran.returncode == 0
        assert (machine.folder / "done").read_text().splitlines() == [
            "sample N=100 OUT=.sample",
            "a-token -m local.seed .sample --url https://fhir.example",
        ]
        assert machine.was_set() == ["env", "set", "LOAD_SAMPLE_DATA", "false"]

    def test_keeps_the_wish_where_it_could_not_be_met(self, machine: Machine) -> None:
        (machine.folder / "record-refuses").touch()

        ran = machine.runs("load-sample.sh", LOAD_SAMPLE_DATA="true", FHIR_URL="https://fhir.example")

        assert ran.returncode != 0
        assert machine.was_set() == []

    @pytest.mark.parametrize("wish", [{}, {"LOAD_SAMPLE_DATA": "false"}])
    def test_loads_nothing_unasked(self, machine: Machine, wish: dict[str, str]) -> None:
        assert machine.runs("load-sample.sh", **wish).returncode == 0
        assert not (machine.folder / "done").exists()
