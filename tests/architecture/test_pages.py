"""The pages tell the truth: what they name stands in the code, and what they call done has a test."""

import ast
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shared.wiring.queues import QUEUES
from tests.support.reference_data import reference_data
from tests.support.tree import ROOT, parsed, rooms

LISTED: list[dict[str, Any]] = json.loads((ROOT / "tests/architecture/functions.json").read_text())
STATES = {"done", "partly", "not yet"}
LINKED = re.compile(r"\]\((?!https?:|#)([^)#]+)")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


class Row(NamedTuple):
    id: str
    what: str
    where: str
    test: str
    state: str


def capabilities() -> list[Row]:
    lines = (ROOT / "docs/capabilities.md").read_text().splitlines()
    return [Row(*cells_of(line)) for line in lines if re.match(r"\| [A-Z]{2}-\d+ \|", line)]


def named_in(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def stands(test: str) -> bool:
    """Say whether a pytest node path (`file`, `file::Class`, `file::Class::test`) leads to something."""
    file, *steps = test.split("::")
    path = ROOT / file
    if not path.is_file():
        return False
    level: list[ast.stmt] = parsed(path).body if path.suffix == ".py" else []
    for step in steps:
        found = [
            node for node in level if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == step
        ]
        if not found:
            return False
        level = found[0].body
    return True


class TestArchitecturePage:
    def test_has_the_rooms_that_stand_with_their_sentences(self) -> None:
        lines = (ROOT / "ARCHITECTURE.md").read_text().splitlines()
        written = dict(cells_of(line)[:2] for line in lines if re.match(r"\| `\w+` \|", line))

        standing = {
            f"`{room}`": ast.get_docstring(parsed(ROOT / "shared" / room / "__init__.py")) for room in rooms()
        }

        assert written == standing

    def test_has_them_in_the_order_of_the_contract(self) -> None:
        written = re.findall(r"(?m)^\| `(\w+)` \|", (ROOT / "ARCHITECTURE.md").read_text())
        contract = (ROOT / "pyproject.toml").read_text().partition("layers = [")[2].partition("]")[0]

        ordered = [layer for layer in re.findall(r'"(\w+)"', contract) if layer in rooms()]

        assert written == ordered


class TestFlows:
    @pytest.mark.parametrize("page", sorted((ROOT / "docs/flows").glob("*.md")), ids=lambda page: page.name)
    def test_name_what_is_there(self, page: Path) -> None:
        text = page.read_text()
        known = {one["name"] for one in LISTED} | {queue.name for queue in QUEUES}
        known |= {carried for queue in QUEUES for carried in queue.carries}

        named = set(re.findall(r"(?:queue|function|announcement)\s+`([^`]+)`", text))

        assert named, "a flow names its functions and queues as: function `x`, queue `y`"
        assert not named - known

    def test_show_every_queue_and_every_function_behind_one(self) -> None:
        text = "\n".join(page.read_text() for page in (ROOT / "docs/flows").glob("*.md"))
        behind_queues = {f"`{one['name']}`" for one in LISTED if one["trigger"] == "serviceBusTrigger"}

        missing = {
            name for name in behind_queues | {f"`{queue.name}`" for queue in QUEUES} if name not in text
        }

        assert not missing


class TestCapabilities:
    def test_have_one_row_each(self) -> None:
        ids = [row.id for row in capabilities()]

        assert ids
        assert len(ids) == len(set(ids))

    def test_are_done_partly_or_not_yet(self) -> None:
        assert {row.state for row in capabilities()} <= STATES

    @pytest.mark.parametrize("row", capabilities(), ids=lambda row: row.id)
    def test_name_files_and_tests_that_are_there(self, row: Row) -> None:
        lost = [path for path in named_in(row.where) if not (ROOT / path).exists()]
        lost += [test for test in named_in(row.test) if not stands(test)]

        assert not lost

    @pytest.mark.parametrize(
        "row", [row for row in capabilities() if row.state != "not yet"], ids=lambda row: row.id
    )
    def test_that_are_begun_show_where_and_by_which_test(self, row: Row) -> None:
        assert named_in(row.where)
        assert named_in(row.test)

    def test_that_are_owed_are_all_here(self) -> None:
        spec = (reference_data().parent / "spec/capabilities.md").read_text()
        owed = set(re.findall(r"(?m)^\| ([A-Z]{2}-\d+) \|(?:[^|]*\|){2} [EI]\b", spec))

        assert owed
        assert not owed - {row.id for row in capabilities()}

    def test_have_ids_of_the_requirements(self) -> None:
        spec = (reference_data().parent / "spec/capabilities.md").read_text()
        known = set(re.findall(r"(?m)^\| ([A-Z]{2}-\d+) \|", spec))

        assert not {row.id for row in capabilities()} - known


class TestDecisions:
    PAGES = sorted((ROOT / "docs/decisions").glob("*.md"))

    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
    def test_say_why_and_which_test_holds_them(self, page: Path) -> None:
        text = page.read_text()
        headings = re.findall(r"(?m)^## (.*)$", text)

        assert headings == ["Context", "Decision", "Consequences", "Alternatives", "Held by"]
        assert all(stands(test) for test in named_in(text.partition("## Held by")[2]))
        assert named_in(text.partition("## Held by")[2])

    def test_are_numbered_without_gaps(self) -> None:
        numbers = [int(page.name[:4]) for page in self.PAGES]

        assert numbers == list(range(1, len(numbers) + 1))


class TestPages:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
    def test_lead_somewhere(self, page: Path) -> None:
        broken = [link for link in LINKED.findall(page.read_text()) if not (page.parent / link).exists()]

        assert not broken

    def test_readme_names_make_targets_that_are_there(self) -> None:
        targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))

        named = set(re.findall(r"\bmake ([a-z][a-z-]+)", (ROOT / "README.md").read_text()))

        assert {"run", "test"} <= named
        assert named <= targets

    def test_changelog_says_what_has_changed(self) -> None:
        sentences = re.findall(r"(?m)^- .+\.$", (ROOT / "CHANGELOG.md").read_text())

        assert sentences
