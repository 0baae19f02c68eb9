"""A function pays for its own room only (D3): importing the app loads no room and no heavy library."""

import json
import subprocess
import sys

from bench.cold_start import CHOSEN, IN_AZURE
from tests.support.tree import ROOT, rooms

HEAVY = {
    "aiohttp", "aiosmtpd", "asyncpg", "azure.cosmos", "azure.identity", "azure.monitor", "azure.servicebus",
    "azure.storage", "babel", "cryptography", "duckdb", "fhir", "fhir_core", "holidays", "httpx", "jinja2",
    "jwt", "msal", "opentelemetry", "phonenumbers", "pyarrow", "splink", "sqlglot", "sqlite3",
    "starlette", "uvicorn",
}  # fmt: skip

LOAD = "import json, sys; import function_app; print(json.dumps(sorted(sys.modules)))"


def loaded_with_the_app() -> set[str]:
    asked = [sys.executable, "-c", LOAD]
    answered = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return set(json.loads(answered))


class TestImportingTheApp:
    def test_loads_no_room_above_the_kernel(self) -> None:
        loaded = loaded_with_the_app()

        assert not {f"shared.{room}" for room in rooms() if room != "kernel"} & loaded

    def test_loads_no_adapter_but_the_codec(self) -> None:
        loaded = loaded_with_the_app()

        assert {name for name in loaded if name.startswith("shared.adapters.")} <= {"shared.adapters.codec"}

    def test_loads_nothing_that_only_describes_it(self) -> None:
        assert not {"functions.edge.docs_page", "functions.edge.openapi"} & loaded_with_the_app()

    def test_loads_no_heavy_library(self) -> None:
        loaded = loaded_with_the_app()

        assert not HEAVY & loaded

    def test_and_choosing_azure_loads_none_of_its_libraries(self) -> None:
        """They are loaded by the first function that asks the store or a queue for something."""
        example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
        ready = LOAD.replace("import function_app;", f"import {IN_AZURE};")
        asked = [sys.executable, "-c", ready]
        settings = {**example, **CHOSEN, "PATH": ""}
        answered = subprocess.run(asked, cwd=ROOT, env=settings, capture_output=True, check=True, text=True)

        assert not (HEAVY - {"sqlite3"}) & set(json.loads(answered.stdout))
