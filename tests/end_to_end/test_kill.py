"""Killed at random moments, the house loses nothing and doubles nothing (D5, D10)."""

from pathlib import Path

import pytest

from tests.support.ordeal import Ordeal


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try as many seeds as were asked for: `make kill-test SEEDS=20`."""
    seeds = int(metafunc.config.getoption("seeds") or 1)
    metafunc.parametrize("seed", range(1, seeds + 1))


class TestBeingKilled:
    def test_sends_every_due_message_exactly_once(
        self, tmp_path: Path, seed: int, on: tuple[str, ...]
    ) -> None:
        assert Ordeal(tmp_path, seed, options=on).findings() == []

    def test_never_doubles_a_commercial_message_at_a_provider_that_knows_no_keys(
        self, tmp_path: Path, seed: int, on: tuple[str, ...]
    ) -> None:
        assert Ordeal(tmp_path, 1000 + seed, forgetful=True, options=on).findings() == []
