"""Copies of the house in which one thing is missing, to see that the kill test of five flows can fail."""

import shutil
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Break:
    """One thing taken out; how many people and kills and which scene show it, and what is then found."""

    file: str
    before: str
    after: str
    scene: tuple[str, str, str]
    finding: str


WITHOUT = {
    "the derived id of an invitation": Break(
        "shared/surveys/documents.py",
        'derived("survey invitation", survey_id, conversation_id)',
        '__import__("secrets").token_hex(20)',
        ("24", "3", "parting"),
        "not asked about once",
    ),
    "the guards of a booking": Break(
        "shared/appointments/guards.py",
        "if_match=version_of(guard))",
        "if_match=None)",
        ("24", "0", "booking"),
        "overlap",
    ),
}


def broken_copy(house: Path, broken: Break) -> Path:
    """Copy what a host needs, and break it."""
    for name in NEEDED:
        source, target = ROOT / name, house / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    text = (house / broken.file).read_text()
    assert broken.before in text, "the code has moved on: break it where it now stands"
    (house / broken.file).write_text(text.replace(broken.before, broken.after))
    return house
