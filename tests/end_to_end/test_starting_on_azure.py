"""A wrong name or a silent service is told in one sentence at start (by stand-ins, never Azure itself)."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from local.own_host import ROOT, a_free_port
from tests.support.azure import Azure, an_azure


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Generator[Azure]:
    with an_azure(tmp_path_factory.mktemp("azure")) as services:
        yield services


class TestStarting:
    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            (
                "COSMOS_ENDPOINT=https://127.0.0.1:{port}/",
                "the store cannot be reached as COSMOS_ENDPOINT names it",
            ),
            (
                "COSMOS_DATABASE=elsewhere",
                "COSMOS_CONTAINER names no container that can be reached in COSMOS_DATABASE",
            ),
            (
                "COSMOS_AUDIT_CONTAINER=elsewhere",
                "COSMOS_AUDIT_CONTAINER names no container that can be reached in COSMOS_DATABASE",
            ),
            (
                "COSMOS_LEASES=elsewhere",
                "COSMOS_LEASES names no container that can be reached in COSMOS_DATABASE",
            ),
            (
                "SERVICE_BUS_ENDPOINT=sb://localhost:{port}",
                "the queues cannot be reached as SERVICE_BUS_NAMESPACE and SERVICE_BUS_ENDPOINT say",
            ),
        ],
    )
    def test_says_in_a_sentence_what_cannot_be_reached(
        self, azure: Azure, tmp_path: Path, wrong: str, told: str
    ) -> None:
        said = wrong.format(port=a_free_port())
        command = [sys.executable, "-m", "local.host", "--data", str(tmp_path), "--port", "0"]

        host = subprocess.run(
            [*command, *azure.options, "--set", said],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,  # one that starts after all is ended here
            check=False,
        )

        assert host.returncode == 2
        (sentence,) = (line for line in host.stderr.splitlines() if "cannot start" in line)
        assert sentence.startswith(f"The local host cannot start: {told} (")
        assert "Traceback" not in host.stderr
        assert "elsewhere" not in host.stderr
