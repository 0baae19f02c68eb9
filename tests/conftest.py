"""What holds for every test."""

import warnings

import pytest
from hypothesis import settings

from tests.support.memory import keep_files_in_memory

settings.register_profile("house", deadline=None, print_blob=True)  # no test is judged by the clock
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Keep files in memory, and let the Service Bus library leave sockets of dropped connections behind.

    The latter is said twice: for each test, and for what is collected as garbage when all are over.
    """
    keep_files_in_memory()
    config.addinivalue_line("filterwarnings", "ignore:unclosed <ssl.SSLSocket:ResourceWarning")
    warnings.filterwarnings("ignore", "unclosed <ssl.SSLSocket", ResourceWarning)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the kill tests be told how many seeds to try, and on what."""
    parser.addoption("--seeds", type=int, default=1, help="how many seeds the kill test tries (1)")
    parser.addoption(
        "--on", choices=("laptop", "azure"), default="laptop", help="what killed houses keep their data in"
    )
