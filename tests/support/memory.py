"""Where tests keep their files: in memory, where there is enough of it.

What a killed process wrote stands there as on a disk; only a power cut would show the difference, and no test
cuts the power. What it saves is waiting: a house that is opened, used and closed asks a dozen times for what
it wrote to be forced to the disk, which takes milliseconds each time.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of its own in it
ENOUGH = 4 * 1024**3
"""Bytes that must be free. Functions and rooms would leave 750 MB if nothing were taken away after a test."""


def keep_files_in_memory() -> None:
    """Let this process and all that it starts make temporary files in memory.

    Nothing changes where `TMPDIR` says where they belong, or where memory is no folder, is short, or lets no
    program be run from it, as some tests do.
    """
    if "TMPDIR" not in os.environ and _is_fit(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def _is_fit(folder: Path) -> bool:
    return (
        os.access(folder, os.W_OK)
        and not os.statvfs(folder).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(folder).free >= ENOUGH
    )
