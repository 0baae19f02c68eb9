"""The whole story over Azure's own SDKs, in stand-ins of Cosmos DB and Service Bus, never Azure itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.own_host import ROOT, HostDidNotStart, OwnHost


class TestTheStory:
    def test_is_kept_on_cosmos_and_service_bus(self) -> None:
        command = [sys.executable, "-m", "local.story", "--store", "cosmos", "--queues", "servicebus"]

        played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

        assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-2000:]
        assert "All of it held." in played.stdout
        assert "3 tasks: 1 call-back requested, 1 low-satisfaction completed, 1 outreach" in played.stdout


class TestStarting:
    def test_is_refused_by_name_where_a_secret_was_not_resolved(self, tmp_path: Path) -> None:
        unresolved = "CONTACT_KEY=@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/contact/)"
        host = OwnHost(tmp_path / "data", options=("--set", unresolved))

        with pytest.raises(HostDidNotStart, match="CONTACT_KEY is a Key Vault reference that was not"):
            host.start()

        host.http.close()
