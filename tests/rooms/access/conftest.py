"""A portal of the test's own."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.rooms.access.portal import Portal, a_portal


@pytest.fixture
def portal(tmp_path: Path) -> Generator[Portal]:
    with a_portal(tmp_path) as one:
        yield one
