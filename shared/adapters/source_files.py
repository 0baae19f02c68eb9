"""What sources have put down as Parquet, CSV or NDJSON files, read by DuckDB in this process."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shared.kernel.refusals import TransientFault
from shared.matching.model import SourceCannotBeRead
from shared.matching.ports import SourceFiles

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": "2",
    "memory_limit": "1GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
_READERS = {
    ".parquet": "read_parquet(?)",
    ".csv": "read_csv(?, header = true, all_varchar = true)",
    ".ndjson": "read_json(?, format = 'newline_delimited')",
}
_AT_ONCE = 10_000


class FolderSourceFiles(SourceFiles):
    """The files in `{folder}/{source}/`, in order of their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def rows(self, source_id: str, columns: Sequence[str]) -> Iterator[Mapping[str, str]]:
        found = sorted(path for path in (self._folder / source_id).glob("*") if is_readable(path.name))
        yield from rows_of(found, columns)


def is_readable(name: str) -> bool:
    """Say whether a file is of a kind that can be read; others are passed over."""
    return Path(name).suffix in _READERS


def rows_of(files: Sequence[Path], columns: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Give the rows of files in their order, as `SourceFiles` promises."""
    import duckdb  # noqa: PLC0415  # only matching reads sources

    if not files:
        raise SourceCannotBeRead
    with duckdb.connect(":memory:", config=_CONFIG) as connection:
        for path in files:
            try:
                yield from _rows(connection, path, columns)
            except duckdb.IOException as fault:
                raise TransientFault(type(fault).__name__) from None
            except duckdb.Error:  # a column is missing, or the file is not what its name says
                raise SourceCannotBeRead from None


def _rows(duckdb: "DuckDBPyConnection", path: Path, columns: Sequence[str]) -> Iterator[Mapping[str, str]]:
    wanted = ", ".join(f"CAST({_quoted(column)} AS VARCHAR)" for column in columns)
    reader = _READERS[path.suffix]
    asked = duckdb.execute(f"SELECT {wanted} FROM {reader}", [str(path)])  # noqa: S608  # names are quoted
    while batch := asked.fetchmany(_AT_ONCE):
        for row in batch:
            yield {
                column: value.strip()
                for column, value in zip(columns, row, strict=True)
                if value is not None and value.strip()
            }


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
