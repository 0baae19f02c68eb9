"""The API's own description, tried by schemathesis against a host, with the right key to every door."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.own_host import ROOT, OwnHost
from tests.support.product_busy_house import Busy
from tests.support.product_routes import example, routes

SEED = 20250130
EXAMPLES = 8
"""Of each operation, besides what coverage lays out."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
PROOFS = ROOT / "tests" / "judges" / "openapi" / "proofs.py"
MOST_SECONDS = 300
RECURSIVE = ["preview_segment", "put_segment", "preview_measure", "put_measure"]
"""Rules hold rules: laid out for coverage they are more cases than there is time. They are only fuzzed."""
MOST_OFTEN = 0.8
"""How likely an id in a path is one that there is."""


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What came of it.

    `untried` counts the operations that were left out, `done` those that did at least once what they were
    asked; `said` is the end of the fuzzer's own words.
    """

    exit_status: int
    untried: int
    done: int
    said: str


def fuzzed(host: OwnHost, busy: Busy, folder: Path, *options: str) -> Fuzzed:
    """Try all that is described; the same seed tries the same."""
    (folder / "proofs.json").write_text(json.dumps(_secrets()))
    settings = folder / "schemathesis.toml"
    settings.write_text(_settings(host.url, busy))
    report = folder / "report.json"
    run = [sys.executable, "-W", "ignore", "-m", "schemathesis.cli", "--config-file", str(settings), "run"]
    asked = [f"{host.url}/api/openapi.json", "--report-json-path", str(report), *options]
    done = subprocess.run(
        [*run, *asked], cwd=folder, capture_output=True, text=True, check=False, timeout=MOST_SECONDS
    )
    told = json.loads(report.read_text() or "{}")
    counts = told.get("operations", {"total": 0, "tested": -1})
    accepted = [
        sum(phase["accepted"] for phase in each.values()) for each in told.get("valid_rates", {}).values()
    ]
    said = (done.stdout + done.stderr)[-6000:]
    return Fuzzed(done.returncode, counts["total"] - counts["tested"], sum(map(bool, accepted)), said)


def _secrets() -> Mapping[str, str]:
    """Give the secret of each operation whose caller signs, as the example's settings have it."""
    signed = (route for route in routes() if route.door.kind == "webhook proof" and not route.door.by_code)
    return {route.name: example()[(route.door.secret or "").upper()] for route in signed}


def _settings(url: str, busy: Busy) -> str:
    """Spell the fuzzer's settings; JSON's strings, numbers and lists are TOML's too.

    One worker: of two that parse code at once CPython 3.11 fails one (gh-106905: "AST constructor recursion
    depth mismatch").
    """
    bearers = [f"auth.openapi.{who}.bearer = {json.dumps(token)}" for who, token in busy.tokens.items()]
    checks = [f"checks.{name}.enabled = true" for name in CHECKS]
    lines: Sequence[str] = (
        f"base-url = {json.dumps(url)}",
        f"hooks = {json.dumps(str(PROOFS))}",
        f"seed = {SEED}",
        "workers = 1",
        "color = false",
        "continue-on-failure = true",
        "warnings = false",
        *bearers,
        f"auth.openapi.code.api_key = {json.dumps(example()['FHIR_WEBHOOK_SECRET'])}",
        *(f"dictionaries.{name}.values = {json.dumps(ids)}" for name, ids in busy.ids.items()),
        *(_bound(name) for name in busy.ids),
        f"generation.max-examples = {EXAMPLES}",
        "generation.no-shrink = true",
        "generation.allow-x00 = true",
        "phases.examples.enabled = false",
        "phases.stateful.enabled = false",
        "phases.coverage.unexpected-methods = []",
        "phases.coverage.generate-duplicate-query-parameters = false",
        "checks.enabled = false",
        *checks,
        "[[operations]]",
        f"include-operation-id = {json.dumps(RECURSIVE)}",
        "phases.coverage.enabled = false",
    )
    return "\n".join(lines)


def _bound(name: str) -> str:
    return f'parameters."path.{name}" = {{ dictionary = "{name}", probability = {MOST_OFTEN} }}'
