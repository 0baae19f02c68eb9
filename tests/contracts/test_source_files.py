"""What every `SourceFiles` promises: rows as text, whatever kind of file they lie in (UN-1)."""

from pathlib import Path

import duckdb
import pytest

from shared.adapters.source_files import FolderSourceFiles
from shared.matching.model import SourceCannotBeRead

COLUMNS = ("no", "family name", "born")
ROWS = (
    "SELECT * FROM (VALUES (7, 'O''Brien', DATE '1990-01-02'), (8, '  ', NULL))"
    ' AS r(no, "family name", born)'
)
KINDS = {
    "rows.parquet": "(FORMAT parquet)",
    "rows.csv": "(FORMAT csv, HEADER)",
    "rows.ndjson": "(FORMAT json)",
}


def put_down(folder: Path, name: str) -> FolderSourceFiles:
    (folder / "clinic").mkdir(exist_ok=True)
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"COPY ({ROWS}) TO '{folder / 'clinic' / name}' {KINDS[name]}")
    return FolderSourceFiles(folder)


@pytest.mark.parametrize("name", KINDS)
class TestSourceFiles:
    def test_give_rows_as_text_without_what_is_empty(self, tmp_path: Path, name: str) -> None:
        files = put_down(tmp_path, name)

        assert list(files.rows("clinic", COLUMNS)) == [
            {"no": "7", "family name": "O'Brien", "born": "1990-01-02"},
            {"no": "8"},
        ]

    def test_without_a_column_that_is_asked_for_cannot_be_read(self, tmp_path: Path, name: str) -> None:
        files = put_down(tmp_path, name)

        with pytest.raises(SourceCannotBeRead):
            list(files.rows("clinic", ('phone" FROM x --',)))


class TestAFolder:
    def test_gives_all_its_files_in_order_of_their_names(self, tmp_path: Path) -> None:
        put_down(tmp_path, "rows.parquet")
        files = put_down(tmp_path, "rows.csv")

        assert [row["no"] for row in files.rows("clinic", COLUMNS)] == ["7", "8", "7", "8"]

    def test_that_is_not_there_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(SourceCannotBeRead):
            list(FolderSourceFiles(tmp_path).rows("nowhere", COLUMNS))

    def test_with_a_file_that_is_not_what_its_name_says_cannot_be_read(self, tmp_path: Path) -> None:
        files = put_down(tmp_path, "rows.csv")
        (tmp_path / "clinic" / "broken.parquet").write_text("no rows at all")

        with pytest.raises(SourceCannotBeRead):
            list(files.rows("clinic", COLUMNS))
