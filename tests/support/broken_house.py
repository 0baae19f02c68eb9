"""Copies of the house in which something is missing, to see that a kill test can fail."""

import shutil
from pathlib import Path
from typing import NamedTuple

from local.own_host import ROOT

NEEDED = (
    "function_app.py",
    "functions",
    "host.json",
    "local",
    "local.settings.example.json",
    "shared",
    "tests/support",
)
"""What a host in a folder of its own needs."""

SEEDS = ("1", "2", "3", "4", "5", "6")
"""When a house dies is a matter of the machine too: not every seed notices, so six are tried."""


class Break(NamedTuple):
    """One place where something is taken out."""

    file: str
    before: str
    after: str


def broken_copy(house: Path, *breaks: Break) -> Path:
    """Copy what a host needs into the folder, what is compiled of it too, and break it there."""
    for name in NEEDED:
        source, target = ROOT / name, house / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    for broken in breaks:
        _break(house / broken.file, broken)
    return house


def _break(file: Path, broken: Break) -> None:
    text = file.read_text()
    assert broken.before in text, "the code has moved on: break it where it now stands"
    file.write_text(text.replace(broken.before, broken.after))
