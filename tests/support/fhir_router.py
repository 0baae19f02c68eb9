"""Medplum's FHIR R4 router over its memory, in a process of its own (fhir.md §4).

It is right about reading, writing, searching and histories; it has no rollback, no whole-number versions, no
CapabilityStatement, and says 404 of what was deleted.
"""

import json
import select
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

_FOLDER = Path(__file__).parents[1] / "judges" / "fhir-router"
_PROGRAM = _FOLDER / "server.mjs"
NAME = "@medplum/fhir-router (npm install --no-package-lock --prefix tests/judges/fhir-router)"
_MOST_SECONDS_TO_START = 60


def is_installed() -> bool:
    """Say whether it can be started here."""
    return bool(which("node")) and (_FOLDER / "node_modules" / "@medplum" / "fhir-router").is_dir()


@contextmanager
def a_fhir_router() -> Generator[str]:
    """Run it while the block lasts; give its address."""
    process = subprocess.Popen(["node", str(_PROGRAM)], cwd=_FOLDER, bufsize=0, stdout=subprocess.PIPE)  # noqa: S607  # whichever node there is
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], _MOST_SECONDS_TO_START)[0], "it does not start"
        yield json.loads(process.stdout.readline())["base_url"]
    finally:
        process.terminate()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
