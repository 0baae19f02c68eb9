"""On what a house is killed: the adapters that ship with it, or stand-ins of Azure's services."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.azure import an_azure


@pytest.fixture
def on(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[tuple[str, ...]]:
    """Give a host's options: `make kill-test ON=azure` asks for Azure's."""
    if request.config.getoption("on") == "laptop":
        yield ()
    else:
        with an_azure(tmp_path / "azure") as azure:
            yield azure.options
