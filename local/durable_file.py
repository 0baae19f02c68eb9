"""A small JSON file that is either as it was or as it was last written, whatever is killed in between."""

import json
import os
from pathlib import Path
from typing import Any


def read_json(file: Path, *, without: Any) -> Any:
    """Read the file, or give `without` when it has never been written."""
    return json.loads(file.read_text()) if file.exists() else without


def write_json(file: Path, content: Any) -> None:
    """Write the file whole, and force it to disk before returning."""
    fresh = file.with_suffix(".new")
    with fresh.open("w") as written:
        json.dump(content, written)
        written.flush()
        os.fsync(written.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
