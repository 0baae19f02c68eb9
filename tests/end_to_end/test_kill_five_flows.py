"""Killed at random moments, all five flows keep their promises: nothing lost, nothing twice (issue 3)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broken_house import SEEDS, broken_copy
from tests.support.five_flows import FiveFlows
from tests.support.five_flows_broken import WITHOUT


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try as many seeds as were asked for: `make kill-test SEEDS=20`."""
    if "seed" in metafunc.fixturenames:
        seeds = int(metafunc.config.getoption("seeds") or 1)
        metafunc.parametrize("seed", range(1, seeds + 1))


class TestFiveFlowsBeingKilled:
    def test_keep_every_promise(self, tmp_path: Path, seed: int, on: tuple[str, ...]) -> None:
        assert FiveFlows(tmp_path, seed, options=on).findings() == []


class TestTheKillTestOfFiveFlows:
    @pytest.mark.parametrize("missing", WITHOUT)
    def test_fails_without(self, tmp_path: Path, missing: str) -> None:
        broken, scene, finding = WITHOUT[missing]
        house = broken_copy(tmp_path / "house", broken)

        for seed in SEEDS:
            asked = [sys.executable, "-m", "tests.support.five_flows", str(tmp_path / seed), seed, *scene]
            ended = subprocess.run(asked, cwd=house, check=False, capture_output=True, text=True)
            if ended.returncode == 1 and finding in ended.stdout:
                return

        pytest.fail(f"{len(SEEDS)} seeds did not notice that {missing} was missing")
