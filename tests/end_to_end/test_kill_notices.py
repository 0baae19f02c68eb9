"""The kill test can fail: without the claim, the fence or the sweep it does."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

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


class Break(NamedTuple):
    """One thing taken out of a copy of the house, and the provider at which it shows."""

    file: str
    before: str
    after: str
    provider: str


WITHOUT = {
    "the claim": [
        Break(
            "shared/messaging/deliver_message.py",
            "return keep_decision(self.documents, found, claim)",
            "return Document(found.partition, found.id, found.version, found.etag, claim)",
            "forgetful",
        )
    ],
    "the sweep": [
        Break(
            "shared/messaging/queue_lapsed_claims.py",
            "    def __call__(self) -> int:\n",
            "    def __call__(self) -> int:\n        return 0\n\n    def never(self) -> int:\n",
            "keyed",
        )
    ],
    "the fence": [
        Break("shared/journeys/engine.py", "raise EnrolmentHasMovedOn", "return enrolment", "keyed"),
        Break(
            "shared/journeys/engine.py",
            "enrolment.due_at > now + EARLY_BY",
            "enrolment.due_at is None",
            "keyed",
        ),
    ],
}


SEEDS = ("1", "2", "3", "4", "5", "6")
"""When a house dies is a matter of the machine too: not every seed notices, so six are tried."""


class TestTheKillTest:
    @pytest.mark.parametrize("missing", WITHOUT)
    def test_fails_without(self, tmp_path: Path, missing: str) -> None:
        house = _a_copy(tmp_path / "house")
        for broken in WITHOUT[missing]:
            _break(house / broken.file, broken)

        for seed in SEEDS:
            asked = [sys.executable, "-m", "tests.support.ordeal", str(tmp_path / seed), seed, "60"]
            ended = subprocess.run([*asked, WITHOUT[missing][0].provider], cwd=house, check=False)
            if ended.returncode == 1:
                return

        pytest.fail(f"{len(SEEDS)} seeds did not notice that {missing} was missing")


def _a_copy(house: Path) -> Path:
    for name in NEEDED:
        source, target = ROOT / name, house / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return house


def _break(file: Path, broken: Break) -> None:
    text = file.read_text()
    assert broken.before in text, "the code has moved on: break it where it now stands"
    file.write_text(text.replace(broken.before, broken.after))
