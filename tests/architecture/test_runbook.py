"""The runbook can be followed: each chapter has a drill, and what it names is there."""

import ast
import json
import re
from typing import Any

import pytest

from shared.adapters.telemetry_catalogue import BY_NAME
from shared.adapters.telemetry_events import EVENTS
from tests.architecture.test_pages import stands
from tests.support.alerts import Alert, Chapter, alerts, chapters
from tests.support.tree import ROOT, parsed

LISTED: list[dict[str, Any]] = json.loads((ROOT / "tests/architecture/functions.json").read_text())
AT_DOORS = {(method, one["route"]): one for one in LISTED for method in one.get("methods", ())}
NAMES = {one["name"] for one in LISTED}
SUPERVISORS_ONLY = {"list_conversations"}
"""What the runbook itself says is not the operator's."""
OUTCOMES = {"accepted", "refused", "uncertain", "put_off"}
WORKBOOK = (ROOT / "infra/observability/workbook.json").read_text()

every_chapter = pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.name)
every_alert = pytest.mark.parametrize("alert", alerts().values(), ids=lambda alert: alert.name)


def source_of(drill: str) -> str:
    """Give how a drill is written: a class of tests, or one test."""
    file, *steps = drill.split("::")
    level: list[ast.stmt] = parsed(ROOT / file).body
    found: ast.ClassDef | ast.FunctionDef | None = None
    for step in steps:
        nodes = (node for node in level if isinstance(node, ast.ClassDef | ast.FunctionDef))
        found = next(node for node in nodes if node.name == step)
        level = found.body
    return ast.unparse(found) if found else ""


def played(chapter: Chapter) -> str:
    return "\n".join(map(source_of, chapter.drills))


class TestEveryChapter:
    @every_chapter
    def test_names_drills_that_are_there(self, chapter: Chapter) -> None:
        assert chapter.drills
        assert all("::" in drill and stands(drill) for drill in chapter.drills)

    @every_chapter
    def test_is_played_about_its_own_alert(self, chapter: Chapter) -> None:
        assert f"alerts()['{chapter.name}']" in played(chapter)

    @every_chapter
    def test_is_played_by_the_calls_that_it_names(self, chapter: Chapter) -> None:
        source = played(chapter)

        unplayed = {
            route
            for route in chapter.routes
            if f"'{AT_DOORS[route]['name']}'" not in source and f"'/{route[1]}?" not in source
        }

        assert not unplayed

    @every_chapter
    def test_is_played_with_the_functions_that_it_names(self, chapter: Chapter) -> None:
        text = played(chapter) + (ROOT / chapter.drills[0].partition("::")[0]).read_text()

        assert chapter.functions <= NAMES
        assert not {name for name in chapter.functions if f'"{name}"' not in text}

    @every_chapter
    def test_names_calls_that_an_operator_may_make(self, chapter: Chapter) -> None:
        assert chapter.routes <= set(AT_DOORS)
        doors = {one["name"]: one["door"] for route, one in AT_DOORS.items() if route in chapter.routes}
        closed = {
            name
            for name, door in doors.items()
            if door != "public" and "operator" not in re.findall(r"\w+", door)
        }

        assert closed <= SUPERVISORS_ONLY

    @every_chapter
    def test_names_what_is_measured_and_told(self, chapter: Chapter) -> None:
        named = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", chapter.text))

        assert named <= set(BY_NAME) | set(EVENTS) | {"edge.message"}

    @every_chapter
    def test_names_chapters_and_commands_that_are_there(self, chapter: Chapter) -> None:
        of_the_workbook = set(re.findall(r"workbook's chapter \*([^*]+)\*", chapter.text))
        made = set(re.findall(r"`make ([a-z-]+)`", chapter.text))

        assert all(f'"## {title}' in WORKBOOK for title in of_the_workbook)
        assert made <= set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))


class TestEveryAlert:
    @every_alert
    def test_asks_for_labels_that_its_measurements_have(self, alert: Alert) -> None:
        asked = set(re.findall(r"\bProperties\.(\w+)", alert.query))

        assert all(asked <= set(BY_NAME[name].labels) for name in alert.uses if name in BY_NAME)

    @every_alert
    def test_asks_for_outcomes_that_there_are(self, alert: Alert) -> None:
        compared = re.findall(r"\boutcome\)? (?:==|in) (\([^)]*\)|'[^']*')", alert.query)
        asked = {name for one in compared for name in re.findall(r"'(\w+)'", one)}

        assert bool(asked) == ("outcome" in alert.query)
        assert asked <= OUTCOMES

    @every_alert
    def test_is_answered_by_a_measure_that_its_kind_has(self, alert: Alert) -> None:
        """A histogram tells its largest value as `Max`; a counter and a gauge tell theirs as `Sum`."""
        kinds = {BY_NAME[name].kind for name in alert.uses if name in BY_NAME}

        assert ("Max" in re.findall(r"\b(?:Max|Sum)\b", alert.query)) == (kinds == {"histogram"})
