"""What the tests of this room begin with."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.rooms.surveys.builders import Clinic, a_clinic


@pytest.fixture
def clinic(tmp_path: Path) -> Generator[Clinic]:
    with a_clinic(tmp_path) as clinic:
        yield clinic
