"""How long importing the app takes in a fresh process, beside azure.functions and pydantic alone.

Most of a cold start is the interpreter and these two; what the house adds is what we answer for. Both are
measured turn about, so that a busy minute of the machine falls on both. Processor time stands beside the
clock's: where they differ much, something else was running, and the clock's ratio means little. The app is
imported as on a laptop, and again with Azure's adapters configured, chosen, and not used yet.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
TIMES = 9
MOST = 1.5
APP = "function_app"
FLOOR = "azure.functions, pydantic"
IN_AZURE = "function_app; from shared.wiring.composition import application; application()"
CHOSEN = {
    "STORE": "cosmos",
    "QUEUES": "servicebus",
    "LAKE": "blob",
    "AZURE_CLIENT_ID": "0b9a2c4e-5d6f-4a7b-8c9d-1e2f3a4b5c6d",
    "COSMOS_ENDPOINT": "https://house.documents.azure.com/",
    "COSMOS_AUDIT_CONTAINER": "audit",
    "SERVICE_BUS_NAMESPACE": "house.servicebus.windows.net",
    "BLOB_ENDPOINT": "https://house.blob.core.windows.net",
    "BLOB_LAKE_CONTAINER": "lake",
    "BLOB_SOURCES_CONTAINER": "sources",
}

TIMED = (
    "import json, time; wall, cpu = time.perf_counter(), time.process_time(); import {modules}; "
    "print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))"
)


def seconds_to_import(modules: str) -> tuple[float, float]:
    """Import the modules in a process of their own; give what it took, by the clock and of the processor."""
    asked = [sys.executable, "-c", TIMED.format(modules=modules)]
    example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
    settings = {**os.environ, **example, **CHOSEN}
    answered = subprocess.run(asked, cwd=ROOT, env=settings, capture_output=True, check=True, text=True)  # noqa: S603  # ours
    wall, cpu = json.loads(answered.stdout)
    return wall, cpu


def main() -> int:
    measured = (APP, IN_AZURE, FLOOR)
    for modules in measured:  # the first import writes bytecode
        seconds_to_import(modules)
    times = zip(*[[seconds_to_import(modules) for modules in measured] for _ in range(TIMES)], strict=True)
    print(f"median of {TIMES} fresh processes, in milliseconds     clock  processor")
    names = (APP, "function_app, ready for Azure", FLOOR)
    app, ready, floor = (told(name, each) for name, each in zip(names, times, strict=True))
    ratio, of_processor = (mine / theirs for mine, theirs in zip(app, floor, strict=True))
    print(f"{'ratio':<48} {ratio:6.2f} {of_processor:10.2f}")
    in_azure = ready[0] / floor[0]
    print(f"{'ratio, ready for Azure':<48} {in_azure:6.2f} {ready[1] / floor[1]:10.2f}")
    holds = max(ratio, in_azure) <= MOST
    print(f"at most {MOST} by the clock: {'yes' if holds else 'NO'}")
    return 0 if holds else 1


def told(name: str, times: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    """Print the medians of one of the two, and give them."""
    wall, cpu = (median(column) for column in zip(*times, strict=True))
    print(f"import {name:<41} {wall * 1000:6.1f} {cpu * 1000:10.1f}")
    return wall, cpu


if __name__ == "__main__":
    sys.exit(main())
