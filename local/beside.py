"""A program beside this one: started, waited for until it says where it is, and ended by its process id.

It is a module to run, over a folder. Ready, it prints one line of JSON: what others must know of it.
"""

import contextlib
import json
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.own_host import ROOT

MOST_SECONDS_TO_START = 60
MOST_SECONDS_TO_END = 5


class DidNotStart(Exception):
    """It ended or stayed silent; the text is the end of what it said."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A running program, and what it said when it was ready."""

    said: Mapping[str, Any]
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def beside(module: str, folder: Path, *options: str) -> Generator[Beside]:
    """Run a module over a folder while the block lasts. Raises `DidNotStart`."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{module.rpartition('.')[2]}.log"
    command = [sys.executable, "-m", module, "--folder", str(folder), *options]
    with log.open("ab") as told:
        process = subprocess.Popen(command, cwd=ROOT, bufsize=0, stdout=subprocess.PIPE, stderr=told)  # noqa: S603  # our own program
    try:
        yield Beside(_when_ready(process, log), process)
    finally:
        _end(process)


def _when_ready(process: subprocess.Popen[bytes], log: Path) -> Mapping[str, Any]:
    """Read up to the line that says where it is."""
    if process.stdout is None:
        raise DidNotStart
    deadline = time.monotonic() + MOST_SECONDS_TO_START
    while time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 0.5)[0]:
            line = process.stdout.readline()
            if re.match(rb"\s*\{", line):
                return json.loads(line)
            if not line:
                break
    raise DidNotStart(log.read_text()[-2000:])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=MOST_SECONDS_TO_END)
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()
