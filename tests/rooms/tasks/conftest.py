"""What the tests of this room begin with."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.rooms.tasks.builders import Desk, a_desk


@pytest.fixture
def desk(tmp_path: Path) -> Generator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk
