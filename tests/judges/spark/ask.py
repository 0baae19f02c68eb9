"""Ask Spark: runs where pyspark is, knows nothing of the product, and answers in JSON.

    python ask.py questions.json answers.json

`tables` are rows with Spark's types; of each of `questions` the rows are given, or why Spark refuses it.
"""
# pyright: basic, reportMissingImports=false
# It runs in a virtual environment of its own: nothing that it is made of is a dependency of the house.

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

AS_TEXT = {"TIMESTAMP_NTZ": "STRING", "DATE": "STRING"}
"""What is written as text, and cast once read."""


def a_session() -> Any:
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.driver.memory": "2g",
    }
    builder = SparkSession.builder.master("local[2]").appName("judge")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def put(spark: Any, name: str, table: dict[str, Any], folder: Path) -> None:
    """Let rows be a view; they go by a file, for Spark reads one without asking Python."""
    columns: dict[str, str] = table["columns"]
    file = folder / f"{len(list(folder.iterdir()))}.ndjson"
    file.write_text("\n".join(json.dumps(row) for row in table["rows"]))
    schema = ", ".join(f"`{column}` {AS_TEXT.get(type_, type_)}" for column, type_ in columns.items())
    cast = [f"CAST(`{column}` AS {type_}) AS `{column}`" for column, type_ in columns.items()]
    frame = spark.read.schema(schema).json(str(file)).selectExpr(*cast).cache()
    frame.createOrReplaceTempView(f"`{name}`")


def answer(spark: Any, question: str, as_of: datetime) -> Any:
    try:
        return [list(row) for row in spark.sql(question, args={"as_of": as_of}).collect()]
    except Exception as refused:  # noqa: BLE001  # whatever it is, it is the answer
        return {"refused": str(refused).splitlines()[0]}


def main(questions: Path, answers: Path) -> None:
    asked = json.loads(questions.read_text())
    spark = a_session()
    folder = questions.parent / "tables"
    folder.mkdir()
    told: list[Any] = []
    for scene in asked["scenes"]:
        for name, table in scene["tables"].items():
            put(spark, name, table, folder)
        as_of = datetime.fromisoformat(scene["as_of"]).replace(tzinfo=None)
        told.append([answer(spark, question, as_of) for question in scene["questions"]])
    found = {"version": spark.version, "scenes": told}
    answers.write_text(json.dumps(found))
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
