"""The kill test can fail: without the claim, the fence or the sweep it does."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broken_house import SEEDS, Break, broken_copy

WITHOUT = {
    "the claim": [
        Break(
            "shared/messaging/deliver_message.py",
            "return keep_decision(self.documents, found, claim)",
            "return Document(found.partition, found.id, found.version, found.etag, claim)",
        )
    ],
    # What it leaves behind is waited for in vain, so it is not waited for as long.
    "the sweep": [
        Break("tests/support/ordeal.py", "MOST_SECONDS_TO_SETTLE = 60", "MOST_SECONDS_TO_SETTLE = 20"),
        Break(
            "shared/messaging/queue_lapsed_claims.py",
            "    def __call__(self) -> int:\n",
            "    def __call__(self) -> int:\n        return 0\n\n    def never(self) -> int:\n",
        ),
    ],
    # Between the work and its settlement it also dawdles: no kill need fall into that moment by itself.
    "the fence": [
        Break(
            "local/pumps.py",
            "        lapsed = self.tools.sessions.settle(settled)\n",
            "        time.sleep(0.2)\n        lapsed = self.tools.sessions.settle(settled)\n",
        ),
        Break("shared/journeys/engine.py", "raise EnrolmentHasMovedOn", "return enrolment"),
        Break(
            "shared/journeys/engine.py",
            "enrolment.due_at > now + EARLY_BY",
            "enrolment.due_at is None",
        ),
    ],
}

SHOWS_AT = {"the claim": "forgetful", "the sweep": "keyed", "the fence": "keyed"}
"""The kind of provider at which it shows that something is missing."""


class TestTheKillTest:
    @pytest.mark.parametrize("missing", WITHOUT)
    def test_fails_without(self, tmp_path: Path, missing: str) -> None:
        house = broken_copy(tmp_path / "house", *WITHOUT[missing])

        for seed in SEEDS:
            asked = [sys.executable, "-m", "tests.support.ordeal", str(tmp_path / seed), seed, "60"]
            ended = subprocess.run([*asked, SHOWS_AT[missing]], cwd=house, check=False)
            if ended.returncode == 1:
                return

        pytest.fail(f"{len(SEEDS)} seeds did not notice that {missing} was missing")
