"""`python -m local.take_export DIR --url URL`: bring a FHIR server's bulk `$export` into a folder of NDJSON.

What `python -m local.load` then takes in as history. Ended half-way, it goes on with the same export where it
stood: a file is there whole or not at all. The access token is read from standard input, so that it stands in
no list of processes; an empty line says that none is needed. Files that the server keeps elsewhere are read
only where `--store HOST` names that host, with the second line of standard input as their token.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from local.durable_file import read_json, write_json
from local.progress import Progress
from shared.adapters.fhir_bodies import body_of
from shared.adapters.fhir_rest_export import FhirRestExport
from shared.adapters.fhir_rest_server import FhirServer
from shared.adapters.fhir_rest_tokens import FixedToken, NoToken, Tokens
from shared.fhir.bulk_export import BulkExport, ExportFile, Manifest, Running
from shared.kernel.refusals import NotFound, TransientFault
from shared.kernel.sensitive import Sensitive

_MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class TakeExport:
    """Brings everything into the folder, and remembers there which export it is."""

    export: BulkExport
    folder: Path
    progress: Progress
    wait: Callable[[float], None] = time.sleep

    def __call__(self, *, types: Sequence[str], since: str | None, filters: Sequence[str] = ()) -> int:
        """Take all files; give how many resources they hold. Raises `NotFound` for an export that is gone."""
        manifest = self._manifest(types, since, filters)
        taken = 0
        for number, file in enumerate(manifest.files):
            place = self.folder / f"{file.type}-{number}.ndjson"
            if not place.exists():
                self._take(manifest, file, place)
            with place.open("rb") as lines:
                taken += sum(1 for _ in lines)
            self.progress.at(taken, (number + 1) / len(manifest.files))
        (self.folder / "taken_at").write_text(manifest.taken_at)
        return taken

    def _manifest(self, types: Sequence[str], since: str | None, filters: Sequence[str]) -> Manifest:
        state = self.folder / "export.json"
        name: str | None = read_json(state, without={}).get("export")
        if name is None:
            name = self.export.begin(types=types, since=since, filters=filters)
            write_json(state, {"export": name})
        looks = 0
        while isinstance(found := self.export.look(name), Running):
            self.wait(found.pause(looks).total_seconds())
            looks += 1
        return found

    def _take(self, manifest: Manifest, file: ExportFile, place: Path) -> None:
        """Write one file beside its place, and put it there when it is whole; begin it anew after a fault."""
        beside = place.with_suffix(".part")
        for number in range(1, _MOST_TRIES + 1):
            try:
                with beside.open("wb") as out:
                    for resource in self.export.resources(manifest, file):
                        out.write(body_of(resource) + b"\n")
            except TransientFault:
                if number == _MOST_TRIES:
                    raise
                self.wait(float(number))
            else:
                beside.replace(place)
                return


def main(arguments: list[str] | None = None) -> int:
    """Take the export; give the exit status."""
    asked = _parser().parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    record, store = _token(sys.stdin.readline()), _token(sys.stdin.readline())
    progress = Progress("resources")
    with closing(FhirServer(asked.url, record)) as server:
        export = FhirRestExport(server, stores=dict.fromkeys(asked.store, store))
        try:
            taken = TakeExport(export, asked.folder, progress)(
                types=asked.type, since=asked.since, filters=asked.type_filter
            )
        except (TransientFault, NotFound) as fault:
            print(
                f"Not all was taken: {type(fault).__name__} {fault}; the same again goes on.", file=sys.stderr
            )
            return 1
    progress.finish(taken)
    return 0


def _token(line: str) -> Tokens:
    return FixedToken(Sensitive(line.strip())) if line.strip() else NoToken()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.take_export", description=__doc__)
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="where the NDJSON is put")
    add("--url", required=True, help="the FHIR server's address")
    add("--type", action="append", default=[], help="only resources of this type (may be said again)")
    add("--type-filter", action="append", default=[], metavar="SEARCH", help="as Observation?code=4548-4")
    add("--since", help="only what changed since; the file taken_at of an earlier folder says it")
    add("--store", action="append", default=[], metavar="HOST", help="a host that keeps its files")
    return parser


if __name__ == "__main__":
    sys.exit(main())
