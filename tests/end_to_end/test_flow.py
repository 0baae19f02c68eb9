"""The flow that the README promises, as `make flow` plays it."""

import subprocess
import sys

from local.own_host import ROOT
from tests.support.reference_data import reference_data


def _played(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.flow", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


class TestTheFlow:
    def test_is_kept_on_made_up_patients(self) -> None:
        played = _played()

        assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-2000:]
        assert "All of it held." in played.stdout

    def test_starts_as_many_journeys_on_real_patients_as_an_independent_count(self) -> None:
        synthea = reference_data() / "synthea"

        played = _played("--data", str(synthea), "--as-of", "2021-04-01")

        assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-2000:]
        assert "An independent count of the same history says 35 starts of 7 people" in played.stdout
