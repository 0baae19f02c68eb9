"""The pages tell the truth: what they name stands in the code, and what they call done has a test."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shared.adapters.codec import from_json
from shared.conversations import lifecycle
from shared.conversations.hear_external_bot import BotActivity
from shared.conversations.post_activity import ActivityPosted
from shared.tasks.lifecycle import NEXT
from shared.tasks.model import OPEN
from shared.wiring.queues import QUEUES
from tests.support.reference_data import reference_data
from tests.support.tree import ROOT, parsed, rooms

LISTED: list[dict[str, Any]] = json.loads((ROOT / "tests/architecture/functions.json").read_text())
STATES = {"done", "partly", "not yet"}
LINKED = re.compile(r"\]\((?!https?:|#)([^)#]+)")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FLOWS = sorted((ROOT / "docs/flows").glob("*.md"))
WITH_DIAGRAMS = [page for page in PAGES if "```mermaid" in page.read_text()]
QUEUE_NAMES = {queue.name for queue in QUEUES}
FUNCTION_NAMES = {one["name"] for one in LISTED}
CARRIED = {carried for queue in QUEUES for carried in queue.carries}
START = END = "[*]"


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


def diagrams_in(page: Path, kind: str = "") -> list[str]:
    """Give the mermaid diagrams of a page, all or those of one kind."""
    found: list[str] = re.findall(r"```mermaid\n(.*?)```", page.read_text(), re.DOTALL)
    return [diagram for diagram in found if diagram.startswith(kind)]


def prose_of(page: Path) -> str:
    """Give a page without what is fenced in it."""
    return re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)


class Arrow(NamedTuple):
    """What an arrow of a sequence diagram says: `queue (Announcement), function: and words`."""

    queue: str
    carries: str | None
    function: str


def arrows_in(page: Path) -> Iterator[Arrow]:
    """Give the arrows that are queues; one that names a queue in another form is refused."""
    for diagram in diagrams_in(page, "sequenceDiagram"):
        for label in re.findall(r"(?m)->>\w+: (.*)$", diagram):
            if re.split(r"[ ,:]", label)[0] not in QUEUE_NAMES:
                continue
            said = re.fullmatch(r"([a-z-]+)(?: \((\w+)\))?, (\w+)(?:: .+)?", label)
            assert said, f"{page.name}: an arrow reads `queue (Announcement), function`, not: {label}"
            yield Arrow(*said.groups())


def true_arrows() -> set[Arrow]:
    """Give what may be drawn: each queue with what it carries and the function behind it."""
    of_setting = {f"%{queue.setting}%": queue for queue in QUEUES}
    behind = [
        (of_setting[one["queue"]], one["name"]) for one in LISTED if one["trigger"] == "serviceBusTrigger"
    ]
    return {
        Arrow(queue.name, carried, function)
        for queue, function in behind
        for carried in queue.carries or (None,)
    }


class Edge(NamedTuple):
    """One way of a state diagram."""

    state: str
    event: str
    following: str


def edges_in(diagram: str) -> list[Edge]:
    """Give the ways of a state diagram by the states' shown names, one for each event, and one without."""
    shown = {short: name for name, short in re.findall(r'(?m)^ *state "(.+)" as (\w+)$', diagram)}
    ways = re.findall(r"(?m)^ *(\S+) --> (\S+?)(?:: (.+))?$", diagram)
    return [
        Edge(shown.get(state, state), event, shown.get(following, following))
        for state, following, events in ways
        for event in (events.split(", ") if events else [""])
    ]


def routes_in(text: str) -> set[tuple[str, str]]:
    """Give the calls that a text names as `METHOD /path`."""
    called = re.findall(r"`(GET|POST|PUT|PATCH|DELETE) /([^`?\s]*)", text)
    return {(method, path) for method, path in called if not path.startswith("local/")}


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

    def test_has_every_kind_of_partition(self) -> None:
        section = (
            (ROOT / "ARCHITECTURE.md").read_text().partition("## Where truth lies")[2].partition("\n## ")[0]
        )
        written = set(re.findall(r"`([a-z]+)/\{", section))

        spelt = {
            kind
            for folder in ("shared", "functions")
            for path in (ROOT / folder).rglob("*.py")
            for kind in re.findall(r'(?m)^    return f"([a-z]+)/\{', path.read_text())
        }

        assert written == spelt


class TestFlows:
    @pytest.mark.parametrize("page", FLOWS, ids=lambda page: page.name)
    def test_name_what_is_there(self, page: Path) -> None:
        text = page.read_text()
        known = FUNCTION_NAMES | QUEUE_NAMES | CARRIED

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

    @pytest.mark.parametrize("page", FLOWS, ids=lambda page: page.name)
    def test_say_what_happens_when_a_station_is_killed(self, page: Path) -> None:
        assert "\n## Killed, told twice, out of order\n" in page.read_text()


class TestDiagrams:
    @pytest.mark.parametrize("page", WITH_DIAGRAMS, ids=lambda page: page.name)
    def test_name_what_is_there(self, page: Path) -> None:
        """In a diagram a word with a hyphen is a queue, one in CamelCase an announcement."""
        drawn = "\n".join(diagrams_in(page))

        hyphened = set(re.findall(r"\b[a-z]+(?:-[a-z]+)+\b", drawn)) - {"in-progress"}
        camels = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", drawn))

        assert not hyphened - QUEUE_NAMES
        assert not camels - CARRIED

    @pytest.mark.parametrize("page", FLOWS, ids=lambda page: page.name)
    def test_draw_queues_as_they_are(self, page: Path) -> None:
        drawn = set(arrows_in(page))

        assert drawn
        assert not drawn - true_arrows()

    @pytest.mark.parametrize("page", FLOWS, ids=lambda page: page.name)
    def test_draw_the_queues_that_the_page_explains_and_no_others(self, page: Path) -> None:
        explained = set(named_in(prose_of(page))) & QUEUE_NAMES

        assert {arrow.queue for arrow in arrows_in(page)} == explained

    @pytest.mark.parametrize("page", FLOWS, ids=lambda page: page.name)
    def test_call_functions_by_their_names(self, page: Path) -> None:
        drawn = "\n".join(diagrams_in(page, "sequenceDiagram"))

        assert not set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", drawn)) - FUNCTION_NAMES

    def test_leave_no_queue_out(self) -> None:
        assert {arrow.queue for page in FLOWS for arrow in arrows_in(page)} == QUEUE_NAMES


class TestLifecycles:
    def test_of_a_conversation_is_its_table(self) -> None:
        (diagram,) = diagrams_in(ROOT / "docs/flows/chat-handoff.md", "stateDiagram")
        shown = {
            standing: "/".join(standing)
            for pair in lifecycle.TABLE.items()
            for standing in (pair[0][0], pair[1])
        }
        table = [
            Edge(shown[standing], event, shown[following])
            for (standing, event), following in lifecycle.TABLE.items()
        ]

        ends = [Edge(START, "", shown[lifecycle.FIRST]), Edge(shown[lifecycle.CLOSED], "", END)]

        assert sorted(edges_in(diagram)) == sorted([*table, *ends])

    def test_of_a_task_is_its_table(self) -> None:
        (diagram,) = diagrams_in(ROOT / "docs/flows/tasks.md", "stateDiagram")
        table = [Edge(status, act, following) for (status, act), following in NEXT.items()]

        over = {following for following in NEXT.values() if following not in OPEN}
        ends = [Edge(START, "", "requested"), *(Edge(status, "", END) for status in over)]

        assert sorted(edges_in(diagram)) == sorted([*table, *ends])


class TestChatPage:
    def test_publishes_what_is_read(self) -> None:
        """As strictly as for people: a field that it names and nobody reads would be refused."""
        readers = {"bot-activity": BotActivity, "patient-activity": ActivityPosted}
        shown = re.findall(r"```json ([a-z-]+)\n(.*?)```", (ROOT / "docs/chat.md").read_text(), re.DOTALL)

        read = [from_json(text, readers[kind], strangers=False) for kind, text in shown]

        assert {type(one) for one in read} == set(readers.values())


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

    @pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
    def test_call_what_can_be_called(self, page: Path) -> None:
        there = {(method, one["route"]) for one in LISTED for method in one.get("methods", ())}

        assert not routes_in(page.read_text()) - there

    def test_readme_names_make_targets_that_are_there(self) -> None:
        targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))

        named = set(re.findall(r"\bmake ([a-z][a-z-]+)", (ROOT / "README.md").read_text()))

        assert {"run", "test"} <= named
        assert named <= targets

    def test_changelog_says_what_has_changed(self) -> None:
        sentences = re.findall(r"(?m)^- .+\.$", (ROOT / "CHANGELOG.md").read_text())

        assert sentences
