"""What is installed is what pyproject.toml asks for, pinned, on every Python we support."""

import re
import tomllib
from collections.abc import Iterable

import pytest

from tests.support.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
ASKED: dict[str, list[str]] = {
    "requirements.txt": PROJECT["dependencies"],
    "requirements-local.txt": PROJECT["dependencies"] + EXTRAS["local"],
    "requirements-dev.txt": PROJECT["dependencies"] + EXTRAS["local"] + EXTRAS["test"],
}


def lines_of(file: str) -> list[str]:
    lines = (ROOT / file).read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def names_of(requirements: Iterable[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", line)[0]).lower() for line in requirements}


@pytest.mark.parametrize("file", ASKED)
class TestRequirements:
    def test_hold_all_that_is_asked_for(self, file: str) -> None:
        assert names_of(ASKED[file]) <= names_of(lines_of(file))

    def test_are_pinned(self, file: str) -> None:
        loose = [
            line
            for line in lines_of(file)
            if not re.fullmatch(r"[\w.-]+==[\w.]+( ; python_version .*)?", line)
        ]

        assert not loose, "a pin, and no place that only one machine knows"

    def test_take_the_functions_library_of_each_python(self, file: str) -> None:
        taken = [line for line in lines_of(file) if line.startswith("azure-functions==")]

        assert [line.partition(" ; ")[2] for line in taken] == [
            'python_version < "3.13"',
            'python_version >= "3.13"',
        ]

    def test_agree_with_each_other(self, file: str) -> None:
        assert set(lines_of("requirements.txt")) <= set(lines_of(file))
