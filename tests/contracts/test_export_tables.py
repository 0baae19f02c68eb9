"""How exports are spelt: RFC 4180 for spreadsheets that believe in formulas, and Parquet (UN-17)."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.export_tables import SpellsTables
from shared.exports.definitions import Format
from shared.exports.ports import Cell, ExportColumn
from shared.kernel.identity import PatientId

WHO = ExportColumn("patient_id", "text")
COLUMNS = (
    WHO,
    ExportColumn("family", "text"),
    ExportColumn("hba1c", "number"),
    ExportColumn("occurrence", "integer"),
    ExportColumn("is_active", "truth"),
    ExportColumn("birth_date", "date"),
    ExportColumn("since", "instant"),
)
ROWS: tuple[Mapping[str, Cell], ...] = (
    {
        "patient_id": "maria",
        "family": 'O\u2019Brien, "Åsa"\nLindström',
        "hba1c": -1.5,
        "occurrence": 2,
        "is_active": True,
        "birth_date": date(1990, 2, 1),
        "since": datetime(2026, 3, 2, 12, tzinfo=UTC),
    },
    {"patient_id": "john", "is_active": False},
)


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def read_parquet(content: bytes, folder: Path) -> Sequence[tuple[Any, ...]]:
    path = folder / "rows.parquet"
    path.write_bytes(content)
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        asked = "SELECT COLUMNS(*)::VARCHAR FROM read_parquet($file)"  # a zone needs a library in Python
        return connection.execute(asked, {"file": str(path)}).fetchall()


class TestCsv:
    def test_has_everything_as_text(self) -> None:
        first, second = read_csv(SpellsTables().spelt("csv", COLUMNS, ROWS))

        assert first == {
            "patient_id": "maria",
            "family": 'O\u2019Brien, "Åsa"\nLindström',
            "hba1c": "-1.5",
            "occurrence": "2",
            "is_active": "true",
            "birth_date": "1990-02-01",
            "since": "2026-03-02T12:00:00+00:00",
        }
        assert (second["family"], second["is_active"]) == ("", "false")

    @pytest.mark.parametrize(
        "formula",
        [
            "=1+1",
            "+1+1",
            "-1+cmd|' /C calc'!A0",
            "@SUM(A1)",
            "\t=1",
            "\rLind",
            "  =1",
            "\nLind",
            "\uff1d1+1",
        ],
    )
    def test_has_no_formula(self, formula: str) -> None:
        ((_, cell),) = (
            row.items()
            for row in read_csv(SpellsTables().spelt("csv", (WHO, COLUMNS[1]), [{"family": formula}]))
        )

        assert cell[1] == f"'{formula}"

    @pytest.mark.parametrize(
        ("text", "cell"),
        [
            ("Lind;=1+1", "Lind;'=1+1"),
            ("+46701740605;=1", "'+46701740605;'=1"),
            ("Lind; @SUM(A1);+1", "Lind;' @SUM(A1);'+1"),
            ("Lind\n=cmd|A!B;", "Lind\n'=cmd|A!B;"),
            ("\n=1", "'\n'=1"),
            ("\r=1", "'\r'=1"),
            ("Lind; Ström-Berg", "Lind; Ström-Berg"),
        ],
    )
    def test_has_none_where_a_semicolon_parts_cells(self, text: str, cell: str) -> None:
        """Half of Europe's spreadsheets take it for the end of a cell, quoted or not."""
        (row,) = read_csv(SpellsTables().spelt("csv", (WHO, COLUMNS[1]), [{"family": text}]))

        assert row["family"] == cell

    @pytest.mark.parametrize("text", ["+46701740605", "-4.5", "O'Brien", "maria@example.org", "Åsa"])
    def test_leaves_what_is_none_as_it_is(self, text: str) -> None:
        (row,) = read_csv(SpellsTables().spelt("csv", (WHO,), [{"patient_id": text}]))

        assert row["patient_id"] == text

    @given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00")))
    def test_never_begins_a_cell_with_what_a_spreadsheet_evaluates(self, text: str) -> None:
        (row,) = read_csv(SpellsTables().spelt("csv", (WHO, COLUMNS[1]), [{"family": text}]))

        cell = row["family"]
        assert cell.replace("'", "") == text.replace("'", "")
        assert not cell.startswith(("\t", "\r"))
        assert not any(one.lstrip().startswith(("=", "@")) for one in re.split("[;\r\n]", cell))

    def test_of_nobody_names_its_columns(self) -> None:
        assert SpellsTables().spelt("csv", (WHO, COLUMNS[1]), []) == b"patient_id,family\r\n"


class TestParquet:
    def test_has_every_column_as_what_it_holds(self, tmp_path: Path) -> None:
        first, second = read_parquet(SpellsTables().spelt("parquet", COLUMNS, ROWS), tmp_path)

        assert first == (
            "maria",
            ROWS[0]["family"],
            "-1.5",
            "2",
            "true",
            "1990-02-01",
            "2026-03-02 12:00:00+00",
        )
        assert second == ("john", None, None, None, "false", None, None)

    def test_has_the_same_columns_where_all_is_unknown(self, tmp_path: Path) -> None:
        path = tmp_path / "none.parquet"
        path.write_bytes(SpellsTables().spelt("parquet", COLUMNS, []))

        with duckdb.connect(":memory:") as connection:
            asked = "DESCRIBE SELECT * FROM read_parquet($file)"
            found = connection.execute(asked, {"file": str(path)}).fetchall()
        assert [(row[0], row[1]) for row in found] == [
            ("patient_id", "VARCHAR"),
            ("family", "VARCHAR"),
            ("hba1c", "DOUBLE"),
            ("occurrence", "BIGINT"),
            ("is_active", "BOOLEAN"),
            ("birth_date", "DATE"),
            ("since", "TIMESTAMP WITH TIME ZONE"),
        ]

    def test_takes_no_name_for_sql(self, tmp_path: Path) -> None:
        strange = ExportColumn('by_a"b', "text")
        content = SpellsTables().spelt("parquet", (WHO, strange), [{'by_a"b': "c'd"}])

        assert read_parquet(content, tmp_path) == [(None, "c'd")]


@pytest.mark.parametrize("spelling", ["csv", "parquet"])
class TestWhoIsInIt:
    def test_is_told_by_the_whole_id(self, spelling: Format) -> None:
        content = SpellsTables().spelt(spelling, COLUMNS, ROWS)

        asked = {
            one: SpellsTables().names(spelling, content, PatientId(one))
            for one in ("maria", "mari", "Lindström")
        }
        assert asked == {"maria": True, "mari": False, "Lindström": False}

    def test_is_known_where_the_id_could_be_a_formula(self, spelling: Format) -> None:
        content = SpellsTables().spelt(spelling, (WHO,), [{"patient_id": "-a"}])

        assert SpellsTables().names(spelling, content, PatientId("-a"))

    def test_is_known_beside_a_text_of_any_length(self, spelling: Format) -> None:
        long = {"patient_id": "maria", "family": "y" * 200_000}
        content = SpellsTables().spelt(spelling, COLUMNS, [long])

        assert SpellsTables().names(spelling, content, PatientId("maria"))

    def test_is_nobody_where_no_column_says_so(self, spelling: Format) -> None:
        content = SpellsTables().spelt(spelling, (COLUMNS[2],), [{"hba1c": 1.0}])

        assert not SpellsTables().names(spelling, content, PatientId("maria"))
