"""Killed at random moments, the house loses nothing and doubles nothing (D5, D10)."""

from pathlib import Path

import pytest

from tests.support.ordeal import Ordeal


class TestBeingKilled:
    @pytest.mark.parametrize("seed", [1, 2])
    def test_sends_every_due_message_exactly_once(self, tmp_path: Path, seed: int) -> None:
        assert Ordeal(tmp_path, seed).findings() == []

    @pytest.mark.parametrize("seed", [3])
    def test_never_doubles_a_commercial_message_at_a_provider_that_knows_no_keys(
        self, tmp_path: Path, seed: int
    ) -> None:
        assert Ordeal(tmp_path, seed, forgetful=True).findings() == []
