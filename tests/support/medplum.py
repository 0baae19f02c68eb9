"""Medplum's R4 library, in a process beside: whether a resource is FHIR, and what a FHIRPath finds in it."""

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from shutil import which
from typing import Any

import orjson

FOLDER = Path(__file__).parents[1] / "judges" / "medplum"
NAME = "@medplum/core (npm install --no-package-lock --prefix tests/judges/medplum)"
DEFINITIONS = FOLDER / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
_MOST_SECONDS = 120

Resource = dict[str, Any]


def is_installed() -> bool:
    """Say whether Node.js and the packages are there."""
    return bool(which("node")) and (FOLDER / "node_modules" / "@medplum" / "core").is_dir()


def problems_of(resources: Iterable[Resource]) -> list[list[str]]:
    """Give for each resource what is wrong with it by R4's definitions and invariants; mostly nothing."""
    return [answer["issues"] for answer in _asked([{"validate": resource} for resource in resources])]


def found_in(resource_and_paths: Iterable[tuple[Resource, Sequence[str]]]) -> list[list[list[Any]]]:
    """Give for each resource the values that each of its FHIRPaths finds."""
    questions = [{"on": resource, "evaluate": [*paths]} for resource, paths in resource_and_paths]
    return [answer["found"] for answer in _asked(questions)]


def search_parameters() -> list[Resource]:
    """Give all that HL7 defines for R4, as the library carries them."""
    bundle = orjson.loads((DEFINITIONS / "search-parameters.json").read_bytes())
    resources = [entry["resource"] for entry in bundle["entry"]]
    return [resource for resource in resources if resource["resourceType"] == "SearchParameter"]


def _asked(questions: Sequence[Resource]) -> list[dict[str, Any]]:
    """Ask one process for all: it takes a second to start, and a tenth of a millisecond to answer."""
    told = b"".join(orjson.dumps(question, default=float) + b"\n" for question in questions)
    done = subprocess.run(  # our own program
        [which("node") or "node", str(FOLDER / "judge.cjs")],
        input=told,
        capture_output=True,
        check=True,
        timeout=_MOST_SECONDS,
    )
    answers = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions), done.stderr[-300:]
    return answers
