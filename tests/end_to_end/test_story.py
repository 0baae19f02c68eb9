"""The story that the README promises, as `make story` plays it."""

import subprocess
import sys

from local.own_host import ROOT
from tests.support.reference_data import reference_data


def _played(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.story", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


class TestTheStory:
    def test_is_kept_on_made_up_patients(self) -> None:
        played = _played()

        assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-2000:]
        assert "All of it held." in played.stdout
        assert "3 tasks: 1 call-back requested, 1 low-satisfaction completed, 1 outreach" in played.stdout

    def test_finds_in_the_segments_whom_an_independent_count_finds(self) -> None:
        synthea = reference_data() / "synthea"

        played = _played("--data", str(synthea), "--as-of", "2021-04-01")

        assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-2000:]
        assert "All of it held." in played.stdout
        assert "An independent count of the same record finds the same people" in played.stdout
