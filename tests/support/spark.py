"""Spark as an outside judge: asked in an interpreter of its own, which `SPARK_PYTHON` names."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from shared.segments.facts import PatientFacts
from tests.support.judges import named
from tests.support.segment_lake import TYPES, rows_of

ASK = Path(__file__).parents[1] / "judges" / "spark" / "ask.py"
LONGEST_SECONDS = 1800
IN_SPARK = {
    "VARCHAR": "STRING",
    "VARCHAR[]": "ARRAY<STRING>",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "INTEGER": "INT",
    "STRUCT(codes VARCHAR[], value DOUBLE, unit VARCHAR, comparator VARCHAR)[]": (
        "ARRAY<STRUCT<codes: ARRAY<STRING>, value: DOUBLE, unit: STRING, comparator: STRING>>"
    ),
}
"""DuckDB's types, where Spark calls them otherwise."""


def spark_python() -> str:
    """Give the interpreter in which pyspark is installed; skip where there is none, or no Java."""
    python = named("SPARK_PYTHON")
    if not python:
        pytest.skip("Spark is asked by `make spark-check` alone: SPARK_PYTHON names no interpreter")
    if which("java") is None:
        pytest.skip("Spark needs Java, and there is none")
    return python


def tables_of(people: Iterable[PatientFacts]) -> Mapping[str, Any]:
    """Give the lake's tables of some people as Spark takes them."""
    rows: dict[str, list[Any]] = {table: [] for table in TYPES}
    for table, row in rows_of(people):
        rows[table].append(row)
    return {
        table: {
            "columns": {name: IN_SPARK.get(kind, kind) for name, kind in columns.items()},
            "rows": rows[table],
        }
        for table, columns in TYPES.items()
    }


def scene(people: Iterable[PatientFacts], questions: Sequence[str], as_of: datetime) -> Mapping[str, Any]:
    return {"tables": tables_of(people), "questions": questions, "as_of": as_of.isoformat()}


def told_by_spark(asked: Mapping[str, Any], folder: Path) -> Any:
    """Put the questions, and give the answers."""
    questions, answers = folder / "questions.json", folder / "answers.json"
    questions.write_text(json.dumps(asked))
    subprocess.run(  # our own script, and the interpreter that the caller named
        [spark_python(), str(ASK), str(questions), str(answers)], check=True, timeout=LONGEST_SECONDS
    )
    return json.loads(answers.read_text())
