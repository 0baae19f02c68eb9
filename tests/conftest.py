"""What holds for every test."""

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, print_blob=True)  # no test is judged by the clock
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the kill test be told how many seeds to try."""
    parser.addoption("--seeds", type=int, default=1, help="how many seeds the kill test tries (1)")
