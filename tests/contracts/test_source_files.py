"""What every `SourceFiles` promises: rows as text, whatever kind of file they lie in (UN-1)."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from azure.storage.blob import ContainerClient

from shared.adapters.blob_source_files import BlobSourceFiles
from shared.adapters.source_files import FolderSourceFiles
from shared.kernel.identity import RandomIds
from shared.matching.model import SourceCannotBeRead
from tests.support.azurite import Container

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


@dataclass(frozen=True, slots=True)
class Blobs:
    """A container of sources, and a machine that reads them."""

    client: ContainerClient
    machine: Path
    scratch: Path

    @property
    def files(self) -> BlobSourceFiles:
        return BlobSourceFiles(self.client, self.machine, ids=RandomIds())

    def put(self, blob: str, kind: str) -> None:
        put_down(self.scratch, kind)
        self.client.upload_blob(blob, (self.scratch / "clinic" / kind).read_bytes())

    def here(self) -> set[tuple[str, int]]:
        """Name the files of the machine, and when each came."""
        return {(path.name, path.stat().st_mtime_ns) for path in self.machine.glob("*/*")}


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


class TestBlobs:
    """Azurite is the judge."""

    @pytest.fixture
    def blobs(self, container: Container, tmp_path: Path) -> Generator[Blobs]:
        with container.client() as client:
            yield Blobs(client, tmp_path / "machine", tmp_path)

    def test_give_what_lies_there_in_order_of_their_names(self, blobs: Blobs) -> None:
        for name in reversed(KINDS):
            blobs.put(f"clinic/{name}", name)
        blobs.put("clinical/rows.csv", "rows.csv")

        assert [row["no"] for row in blobs.files.rows("clinic", COLUMNS)] == ["7", "8"] * 3

    def test_are_fetched_again_only_where_they_have_changed(self, blobs: Blobs) -> None:
        blobs.put("clinic/a.csv", "rows.csv")
        blobs.put("clinic/b.csv", "rows.csv")
        list(blobs.files.rows("clinic", COLUMNS))
        first = blobs.here()
        blobs.client.upload_blob("clinic/b.csv", b"no,family name,born\n9,Berg,\n", overwrite=True)
        rows = list(blobs.files.rows("clinic", COLUMNS))
        then = blobs.here()

        assert [row["no"] for row in rows] == ["7", "8", "9"]
        assert (len(first & then), len(then)) == (1, 2)

    def test_that_were_taken_away_are_read_no_more(self, blobs: Blobs) -> None:
        blobs.put("clinic/a.csv", "rows.csv")
        list(blobs.files.rows("clinic", COLUMNS))
        blobs.client.delete_blob("clinic/a.csv")

        with pytest.raises(SourceCannotBeRead):
            list(blobs.files.rows("clinic", COLUMNS))
        assert blobs.here() == set()
