"""A house whose record is a FHIR server in another process, as in a hospital, for one story."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from urllib.parse import quote

from local.beside import Beside, beside
from local.laptop_settings import EXAMPLE, laptop_settings

PROGRAM = "local.record_beside"


@contextlib.contextmanager
def record_elsewhere(folder: Path, *, port: int) -> Generator[tuple[str, ...]]:
    """Serve the `record.db` of a folder, telling the house at `port`; give that host's options."""
    with a_hospitals_record(folder, tells=port) as record:
        yield options_of(record)


@contextlib.contextmanager
def a_hospitals_record(folder: Path, *, tells: int, port: int = 0) -> Generator[Beside]:
    """Serve the `record.db` of a folder, telling the house whose port is `tells`."""
    secret = laptop_settings(EXAMPLE, port=tells, data=folder, said={})["FHIR_WEBHOOK_SECRET"]
    hook = f"http://127.0.0.1:{tells}/api/fhir-changes?code={quote(secret)}"
    with beside(PROGRAM, folder, "--port", str(port), "--tells", hook) as record:
        yield record


def options_of(record: Beside) -> tuple[str, ...]:
    """Give the options of a host that keeps its record there."""
    said = ("RECORD=fhir", f"FHIR_BASE_URL={record.said['base_url']}", "FHIR_AUTH=none")
    options = [part for one in said for part in ("--set", one)]
    return (*options, "--travels-with", record.said["travels_with"])
