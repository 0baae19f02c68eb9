"""How long importing the app takes in a fresh process, beside azure.functions and pydantic alone.

Most of a cold start is the interpreter and these two; what the house adds is what we answer for. Both are
measured turn about, so that a busy minute of the machine falls on both. Processor time stands beside the
clock's: where they differ much, something else was running, and the clock's ratio means little.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
TIMES = 9
MOST = 1.5
APP = "function_app"
FLOOR = "azure.functions, pydantic"

TIMED = (
    "import json, time; wall, cpu = time.perf_counter(), time.process_time(); import {modules}; "
    "print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]))"
)


def seconds_to_import(modules: str) -> tuple[float, float]:
    """Import the modules in a process of their own; give what it took, by the clock and of the processor."""
    asked = [sys.executable, "-c", TIMED.format(modules=modules)]
    answered = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603  # ours
    wall, cpu = json.loads(answered.stdout)
    return wall, cpu


def main() -> int:
    for modules in (APP, FLOOR):  # the first import writes bytecode
        seconds_to_import(modules)
    app, floor = zip(*[(seconds_to_import(APP), seconds_to_import(FLOOR)) for _ in range(TIMES)], strict=True)
    print(f"median of {TIMES} fresh processes, in milliseconds     clock  processor")
    medians = {name: told(name, times) for name, times in ((APP, app), (FLOOR, floor))}
    ratio, of_processor = (mine / theirs for mine, theirs in zip(medians[APP], medians[FLOOR], strict=True))
    print(f"{'ratio':<48} {ratio:6.2f} {of_processor:10.2f}")
    print(f"at most {MOST} by the clock: {'yes' if ratio <= MOST else 'NO'}")
    return 0 if ratio <= MOST else 1


def told(name: str, times: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    """Print the medians of one of the two, and give them."""
    wall, cpu = (median(column) for column in zip(*times, strict=True))
    print(f"import {name:<41} {wall * 1000:6.1f} {cpu * 1000:10.1f}")
    return wall, cpu


if __name__ == "__main__":
    sys.exit(main())
