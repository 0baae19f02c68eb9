"""What every `ExportFiles` promises: files whole or not at all, and a run taken away whole (UN-17)."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shared.adapters.blob_export_files import BlobExportFiles
from shared.adapters.blob_lake import BlobLake
from shared.adapters.export_files import FolderExportFiles
from shared.exports.ports import MANIFEST, ExportFiles
from shared.kernel.identity import RandomIds
from shared.segments.ports import LakeState
from tests.support.azurite import Container


@pytest.fixture(params=["folder", "blobs"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[ExportFiles]:
    if request.param == "folder":
        yield FolderExportFiles(tmp_path, ids=RandomIds())
        return
    container: Container = request.getfixturevalue("container")
    with container.client() as client:
        yield BlobExportFiles(client)


class TestExportFiles:
    def test_give_back_what_was_put(self, files: ExportFiles) -> None:
        files.put("orders", "1", "part-00001.csv", b"a\r\n")

        assert files.content("orders", "1", "part-00001.csv") == b"a\r\n"
        assert (files.content("orders", "1", "other"), files.content("none", "1", "x")) == (None, None)

    def test_put_one_in_the_place_of_another(self, files: ExportFiles) -> None:
        for content in (b"first", b"second"):
            files.put("orders", "1", "part-00001.csv", content)

        assert files.content("orders", "1", "part-00001.csv") == b"second"
        assert files.names("orders", "1") == ["part-00001.csv"]

    def test_name_runs_of_one_export_the_earliest_first(self, files: ExportFiles) -> None:
        for export, run in (("orders", "2"), ("orders", "1"), ("orders-of-old", "0")):
            files.put(export, run, MANIFEST, b"{}")

        assert list(files.runs("orders")) == ["1", "2"]
        assert list(files.runs("nothing")) == []

    def test_take_a_run_away_and_nothing_else(self, files: ExportFiles) -> None:
        for run in ("1", "2"):
            files.put("orders", run, "part-00001.csv", b"a")
            files.put("orders", run, MANIFEST, b"{}")
        for _ in range(2):
            files.take_away("orders", "1")

        assert list(files.runs("orders")) == ["2"]
        assert list(files.names("orders", "1")) == []
        assert list(files.names("orders", "2")) == [MANIFEST, "part-00001.csv"]

    def test_leave_what_is_to_stay(self, files: ExportFiles) -> None:
        for name in ("part-1.csv", "part-2.csv", MANIFEST):
            files.put("orders", "1", name, b"a")
        files.take_away("orders", "1", but={"part-2.csv", MANIFEST})

        assert list(files.names("orders", "1")) == [MANIFEST, "part-2.csv"]


class TestTheLakeBesideThem:
    def test_takes_none_of_them_away(self, container: Container, tmp_path: Path) -> None:
        """They lie in its container, and no list of its own names them."""
        with container.client() as client:
            files = BlobExportFiles(client)
            files.put("orders", "1", "part-00001.parquet", b"rows")
            lake = BlobLake(client, tmp_path / "machine")
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr("shared.adapters.blob_lake.LEFT_ALONE_SECONDS", -1.0)
                lake.write([], after=None, state=LakeState("mark"))

            assert files.content("orders", "1", "part-00001.parquet") == b"rows"
