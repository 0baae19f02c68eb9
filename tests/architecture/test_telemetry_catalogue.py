"""What is told and what the catalogue says is one list; alerts, workbook and runbook rest on it."""

import json
import logging
import re
from typing import Any

import pytest

from shared.adapters.telemetry_catalogue import BY_NAME, METRICS
from shared.adapters.telemetry_events import COUNTED, EVENTS
from shared.wiring.queues import QUEUES
from tests.support.told_names import NAME, logged, measured, noted, spans
from tests.support.tree import ROOT

ALERTS: list[dict[str, Any]] = json.loads((ROOT / "infra/observability/alerts.json").read_text())
WORKBOOK: str = (ROOT / "infra/observability/workbook.json").read_text()
RUNBOOK: str = (ROOT / "docs/runbook.md").read_text()
PAGE: str = (ROOT / "docs/telemetry.md").read_text()
SPANS = {
    "edge.request": "Somebody asks us.",
    "edge.message": "A message is handled.",
    "edge.run": "A timer ticks, or the change feed brings a batch.",
    "messaging.provider": "A provider is handed a message, or asked about one.",
}
KEYS = {
    "name", "title", "description", "severity", "query", "measure", "aggregation", "operator",
    "threshold", "windowSize", "evaluationFrequency", "runbook", "uses",
}  # fmt: skip
TABLES = {"AppMetrics", "AppTraces", "AppRequests", "AppDependencies", "AppExceptions"}
DURATIONS = ("PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT1H", "PT6H", "P1D")
QUOTED = re.compile(r"'([a-z_]+(?:\.[a-z_]+)+)'")


def by_name(alert: dict[str, Any]) -> str:
    return str(alert["name"])


def in_workbook(node: Any) -> list[str]:
    """Give every query of the workbook."""
    if isinstance(node, dict):
        found = [str(node["query"])] if "query" in node else []  # pyright: ignore[reportUnknownArgumentType]  # any JSON
        return found + [query for value in node.values() for query in in_workbook(value)]  # pyright: ignore[reportUnknownVariableType]  # any JSON
    return [query for each in node for query in in_workbook(each)] if isinstance(node, list) else []  # pyright: ignore[reportUnknownVariableType]  # any JSON


def headings(page: str) -> set[str]:
    """Give the anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}


class TestEvents:
    def test_are_those_of_the_catalogue(self) -> None:
        assert logged() - set(EVENTS) == set(), "an event that no catalogue explains"
        assert set(EVENTS) - logged() == set(), "an event that nobody logs any more"

    def test_bear_no_name_that_logging_keeps_for_itself(self) -> None:
        """Such a name raises where the event is logged, and only where its level is."""
        kept = {*vars(logging.makeLogRecord({})), "message", "asctime"}

        assert "message_id" in noted()
        assert noted() & kept == set()

    @pytest.mark.parametrize("name", sorted(EVENTS))
    def test_are_each_a_dotted_name_and_a_sentence(self, name: str) -> None:
        assert NAME.fullmatch(name)
        assert re.fullmatch(r"[A-Z].*[.]", EVENTS[name])

    def test_that_are_counted_are_events(self) -> None:
        assert set(COUNTED) <= set(EVENTS)
        assert {BY_NAME[counted.metric].kind for counted in COUNTED.values()} == {"counter"}


class TestMeasurements:
    def test_are_those_of_the_catalogue(self) -> None:
        taken = set(measured()) | {counted.metric for counted in COUNTED.values()}

        assert taken - set(BY_NAME) == set(), "a measurement that no catalogue explains"
        assert {metric.name for metric in METRICS} - taken == set(), "a measurement that nobody takes"

    @pytest.mark.parametrize("name", sorted(measured()))
    def test_are_labelled_as_the_catalogue_says(self, name: str) -> None:
        assert measured()[name] <= set(BY_NAME[name].labels)

    def test_name_the_alerts_that_rest_on_them(self) -> None:
        named = {(alert, metric.name) for metric in METRICS for alert in metric.alerts}
        used = {(alert["name"], name) for alert in ALERTS for name in alert["uses"] if name in BY_NAME}

        assert named == used

    def test_have_one_entry_each(self) -> None:
        assert len(BY_NAME) == len(METRICS)


class TestSpans:
    def test_are_few_and_known(self) -> None:
        assert spans() == set(SPANS)


class TestAlerts:
    def test_have_names_of_their_own(self) -> None:
        names = [alert["name"] for alert in ALERTS]

        assert len(set(names)) == len(names)

    @pytest.mark.parametrize("alert", ALERTS, ids=by_name)
    def test_have_the_shape_that_the_deployment_reads(self, alert: dict[str, Any]) -> None:
        assert set(alert) == KEYS
        assert re.fullmatch(r"[a-z][a-z0-9-]{2,59}", alert["name"])
        assert alert["severity"] in range(5)
        assert (alert["measure"] == "") == (alert["aggregation"] == "Count")
        assert alert["aggregation"] in {"Count", "Average", "Minimum", "Maximum", "Total"}
        assert alert["operator"] in {"GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"}

    @pytest.mark.parametrize("alert", ALERTS, ids=by_name)
    def test_are_evaluated_as_often_as_their_window_at_least(self, alert: dict[str, Any]) -> None:
        window, frequency = (DURATIONS.index(alert[key]) for key in ("windowSize", "evaluationFrequency"))

        assert frequency <= window

    @pytest.mark.parametrize("alert", ALERTS, ids=by_name)
    def test_ask_for_names_of_the_catalogue(self, alert: dict[str, Any]) -> None:
        asked = set(QUOTED.findall(alert["query"]))

        assert asked == set(alert["uses"])
        assert asked
        assert asked <= set(BY_NAME) | set(EVENTS)

    @pytest.mark.parametrize("alert", ALERTS, ids=by_name)
    def test_ask_the_workspace(self, alert: dict[str, Any]) -> None:
        assert alert["query"].split()[0] in TABLES
        assert not alert["measure"] or re.search(rf"\b{alert['measure']}\b", alert["query"])

    @pytest.mark.parametrize("alert", ALERTS, ids=by_name)
    def test_lead_to_a_chapter_of_the_runbook(self, alert: dict[str, Any]) -> None:
        assert alert["runbook"] in headings(RUNBOOK)


class TestTheRunbook:
    def test_has_a_chapter_for_each_alert(self) -> None:
        chapters = set(re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE))

        assert {re.sub(" ", "-", title.lower()) for title in chapters} >= {
            alert["runbook"] for alert in ALERTS
        }

    def test_names_routes_that_exist(self) -> None:
        listed: list[dict[str, Any]] = json.loads((ROOT / "tests/architecture/functions.json").read_text())
        routes = {
            f"{method} {one['route']}"
            for one in listed
            if one["trigger"] == "httpTrigger"
            for method in one["methods"]
        }

        assert set(re.findall(r"`((?:GET|POST|PUT) [^`?]+)", RUNBOOK)) <= routes


class TestTheWorkbook:
    def test_asks_for_names_of_the_catalogue(self) -> None:
        asked = {name for query in in_workbook(json.loads(WORKBOOK)) for name in QUOTED.findall(query)}

        assert asked
        assert asked <= set(BY_NAME) | set(EVENTS) | set(SPANS)

    def test_shows_whatever_an_alert_rests_on(self) -> None:
        queries = "\n".join(in_workbook(json.loads(WORKBOOK)))

        missing = {name for alert in ALERTS for name in alert["uses"] if f"'{name}'" not in queries}

        assert not missing

    def test_asks_the_workspace_whose_name_the_deployment_fills_in(self) -> None:
        assert json.loads(WORKBOOK)["version"] == "Notebook/1.0"
        assert "{workspace-resource-id}" in WORKBOOK


class TestThePage:
    @pytest.mark.parametrize("metric", BY_NAME.values(), ids=lambda metric: metric.name)
    def test_explains_each_measurement(self, metric: Any) -> None:
        assert f"`{metric.name}`" in PAGE

    @pytest.mark.parametrize("name", sorted(SPANS))
    def test_explains_each_span(self, name: str) -> None:
        assert f"`{name}`" in PAGE


class TestTheSearch:
    def test_finds_what_is_logged_under_a_name_chosen_before(self) -> None:
        assert "edge.message.stale" in logged()

    def test_finds_enough(self) -> None:
        assert len(logged()) > 50
        assert len(measured()) > 10
        assert len(QUEUES) > 10
