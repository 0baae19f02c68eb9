"""`python -m local.load DIR --data DATA_DIR`: bring a folder of FHIR NDJSON into the embedded record.

It is an import (D7): what is loaded is history and starts nothing. Loading the same folder again changes
nothing, and nothing that is older takes the place of what was written live. Killed on the way, it goes on
from the last commit; with the overlay, which must see everybody, it reads from the beginning. DIR may also be
the address of a bulk export's manifest, or a file that holds one. At the end the lake holds what the record
holds (D8), and a refresh is asked for, by which search finds everybody, and which decides who is in which
segment; it runs while the host does.
"""

import argparse
import gzip
import hashlib
import re
import shutil
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import orjson

from local.overlay import Overlay
from local.progress import Progress
from shared.adapters.import_progress import Reached
from shared.fhir.ports import Found, Resource
from shared.kernel.clock import SystemClock

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")  # http://hl7.org/fhir/R4/datatypes.html#id
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_LONGEST = 64 * 1024 * 1024
_LOOK_EVERY = 256
_TOGETHER = 500
_BAD = "bad lines"


class ImportsResources(Protocol):
    """What can take in resources as history: the embedded record."""

    def load(self, resources: Iterable[Resource]) -> int:
        """Store the resources as they are, without a change event; give how many made a version."""
        ...

    def read_many(self, references: Sequence[tuple[str, str]]) -> Found:
        """Give those of the named resources that are there."""
        ...


class GoesOn(Protocol):
    """What also remembers, in the same commit, how far the files were read: the embedded record."""

    def load(self, resources: Iterable[Resource], *, reached: Callable[[], Sequence[Reached]]) -> int:
        """Store the resources as they are, without a change event; give how many made a version."""
        ...

    def reached(self) -> Mapping[str, Reached]:
        """Give how far a load that was cut off has come in each file."""
        ...

    def forget_reached(self) -> None:
        """Note that a load has come to its end."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """What a folder held."""

    read: Mapping[str, int]
    """Resources by type, as the files had them."""
    added: Mapping[str, int]
    """Resources by type that the overlay put beside them."""
    written: int
    """How many of all these made a new version: none when everything was there already."""
    bad: int
    """Lines that were no resource, and files that could not be read to their end."""
    agreed: Sequence[str] = ()
    """Manifests whose counts the files agree with."""
    disagreements: Sequence[str] = ()
    """What a manifest says of a type, and what the files held, where that is not the same."""

    @property
    def total(self) -> int:
        return sum(self.read.values()) + sum(self.added.values())


def load_folder(
    folder: Path,
    record: ImportsResources,
    *,
    overlay: bool,
    progress: Progress,
    as_of: date | None = None,
) -> Counts:
    """Load every `.ndjson` and `.ndjson.gz` in the folder and below, in any order of references.

    A line that is no resource is named by file and number, never by content (D17), counted, and passed over.
    With `overlay` what Synthea lacks is added, slots from `as_of` on (else from today).
    """
    reading = _Folder(folder, progress, {})
    if not overlay:
        written = record.load(reading.resources())
        return Counts(reading.read, {}, written, reading.bad, *reading.compared())
    overlaid = Overlay(as_of or SystemClock().now().date())
    added: Counter[str] = Counter()
    written = record.load(overlaid.over(reading.resources()))
    written += record.load(_new(record, overlaid.missing(), added))
    return Counts(reading.read, added, written, reading.bad, *reading.compared())


def import_folder(folder: Path, record: GoesOn, *, progress: Progress) -> Counts:
    """Do the same without an overlay, and go on where an earlier load of these files was cut off."""
    reading = _Folder(folder, progress, record.reached())
    written = record.load(reading.resources(), reached=reading.reached)
    record.forget_reached()
    return Counts(reading.read, {}, written, reading.bad, *reading.compared())


def _new(record: ImportsResources, resources: Iterable[Resource], counts: Counter[str]) -> Iterator[Resource]:
    """Leave out what the record has: a slot that was booked since an earlier loading stays booked."""
    rest = iter(resources)
    while some := list(islice(rest, _TOGETHER)):
        there = record.read_many([(one["resourceType"], one["id"]) for one in some]).resources
        for one in some:
            if (one["resourceType"], one["id"]) not in there:
                counts[one["resourceType"]] += 1
                yield one


class _Folder:
    """One reading of a folder, and what has been found on the way."""

    def __init__(self, folder: Path, progress: Progress, reached: Mapping[str, Reached]) -> None:
        self.read: Counter[str] = Counter()
        self.bad = 0
        self._folder = folder
        self._progress = progress
        self._before = reached
        self._by_file: dict[Path, Counter[str]] = {}
        self._fresh: dict[str, Reached] = {}

    def reached(self) -> Sequence[Reached]:
        """Give how far each file was read that was read from since this was last asked."""
        come, self._fresh = list(self._fresh.values()), {}
        return come

    def compared(self) -> tuple[Sequence[str], Sequence[str]]:
        """Give the manifests that say what the files beside them held, and what others say otherwise."""
        agreed: list[str] = []
        otherwise: list[str] = []
        for manifest in sorted(self._folder.rglob("MANIFEST.json")):
            wanted = _counts_in(manifest)
            held = Counter[str]()
            for file, counts in self._by_file.items():
                held.update(counts if file.parent == manifest.parent else {})
            name = str(manifest.relative_to(self._folder))
            differing = [
                f"{name}: {wanted[kind]:,} {kind}, of which {held[kind]:,} were read"
                for kind in sorted(wanted)
                if wanted[kind] != held[kind]
            ]
            otherwise += differing
            agreed += [] if differing else [f"{name}: {wanted.total():,} resources"]
        return tuple(agreed), tuple(otherwise)

    def resources(self) -> Iterator[Resource]:
        found = (each for suffix in ("", ".gz") for each in self._folder.rglob(f"*.ndjson{suffix}"))
        files = sorted(each for each in found if each.is_file())
        sizes = [file.stat().st_size for file in files]
        whole, before = max(1, sum(sizes)), 0
        for file, size in zip(files, sizes, strict=True):
            yield from self._in_file(file, lambda within, before=before: (before + within) / whole)
            before += size

    def _in_file(self, file: Path, share: Callable[[int], float]) -> Iterator[Resource]:
        name, digest = str(file.relative_to(self._folder)), _digest(file)
        counts = self._by_file[file] = Counter[str]()
        known = self._before.get(name)
        done = self._goes_on(counts, known) if known is not None and known.digest == digest else 0
        number = done
        with file.open("rb") as raw, _unpacked(file, raw) as lines:
            try:
                for number, line in enumerate(_lines(lines), start=1):
                    if number <= done or not line.strip():
                        continue
                    if (resource := _resource(line)) is None:
                        counts[_BAD] += 1
                        self._is_bad(file, number, "not a FHIR resource with a type and an id")
                        continue
                    self.read[resource["resourceType"]] += 1
                    counts[resource["resourceType"]] += 1
                    if number % _LOOK_EVERY == 0:
                        self._progress.at(self.read.total(), share(raw.tell()))
                    self._fresh[name] = Reached(name, digest, number, counts)
                    yield resource
            except (EOFError, gzip.BadGzipFile, zlib.error):
                self._is_bad(file, number + 1, "the compressed file is damaged from here on")

    def _goes_on(self, counts: Counter[str], known: Reached) -> int:
        """Take over what an earlier load had read of a file, and give the line it had come to."""
        counts.update(known.counts)
        self.bad += counts[_BAD]
        self.read.update({kind: held for kind, held in counts.items() if kind != _BAD})
        return known.line

    def _is_bad(self, file: Path, number: int, problem: str) -> None:
        self.bad += 1
        self._progress.say(f"{file.relative_to(self._folder)}, line {number}: {problem}")


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _counts_in(manifest: Path) -> Counter[str]:
    """Read how many resources of each type a manifest names; one that says nothing of them names none."""
    try:
        held: Any = orjson.loads(manifest.read_bytes())
        return Counter({str(kind): int(one["count"]) for kind, one in held["resources"].items()})
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return Counter()


def _unpacked(file: Path, raw: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if file.suffix == ".gz" else raw


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Give the lines; one beyond 64 MB is cut, and its pieces are bad: no file can fill the memory."""
    while line := file.readline(_LONGEST):
        yield line


def _resource(line: bytes) -> Resource | None:
    """Read one line, or give None where it is not JSON or not a resource that can be stored."""
    try:
        read: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(read, dict):
        return None
    resource = cast("Resource", read)
    kind, identity = resource.get("resourceType"), resource.get("id")
    can_be_stored = isinstance(resource.get("meta", {}), dict)
    return resource if can_be_stored and _matches(_TYPE, kind) and _matches(_ID, identity) else None


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def main(arguments: list[str] | None = None) -> int:
    from local.ask_for_refresh import ask_for_refresh  # noqa: PLC0415  # --help needs no store
    from local.lake import fill_lake  # noqa: PLC0415  # --help needs no record and no lake
    from shared.adapters.sqlite_record import SqliteRecord  # noqa: PLC0415  # as above
    from shared.adapters.store_edition import StoreIsNewer  # noqa: PLC0415  # as above

    asked = _parser().parse_args(arguments)
    folder = _folder_of(asked)
    if folder is None:
        return 2
    progress = Progress("resources")
    clock = SystemClock()
    try:
        opened = SqliteRecord(asked.data / "record.db", clock=clock)
    except StoreIsNewer as refused:
        print(f"{asked.data} cannot be loaded into: {refused}", file=sys.stderr)
        return 2
    with closing(opened) as record:
        counts = (
            load_folder(folder, record, overlay=True, progress=progress, as_of=asked.as_of)
            if asked.overlay
            else import_folder(folder, record, progress=progress)
        )
        progress.finish(counts.total)
        in_lake = Progress("resources in the lake")
        fill_lake(record, asked.data, clock=clock, held=counts.read, progress=in_lake)
    for kind in sorted({*counts.read, *counts.added}):
        print(f"{counts.read.get(kind, 0):>12,} {kind}" + _beside(counts.added.get(kind, 0)))
    print(f"{counts.written:>12,} new versions, {counts.bad:,} bad lines")
    for agreed in counts.agreed:
        print(f"as said in {agreed}")
    for disagreement in counts.disagreements:
        print(f"not as said in {disagreement}", file=sys.stderr)
    if counts.written:
        print(ask_for_refresh(asked.data))
    if folder != Path(asked.source):
        shutil.rmtree(folder)  # a copy of patients' records, no longer needed
    return 1 if counts.bad or counts.disagreements else 0


def _folder_of(asked: argparse.Namespace) -> Path | None:
    """Give the folder, once it is here: what a manifest names is fetched first. None where there is none."""
    from local.export_manifest import NotFetched, fetched  # noqa: PLC0415  # a folder needs no client

    folder = Path(asked.source)
    is_manifest = asked.source.startswith(("http://", "https://")) or folder.is_file()
    if not folder.is_dir() and not is_manifest:
        print(f"{asked.source} is not a folder, and no manifest", file=sys.stderr)
        return None
    asked.data.mkdir(parents=True, exist_ok=True)
    if folder.is_dir():
        return folder
    try:
        token = asked.token_file.read_text().strip() if asked.token_file else None
        return fetched(asked.source, asked.data / "import", token=token, progress=Progress("files fetched"))
    except (NotFetched, OSError) as refused:
        print(f"{asked.source} cannot be loaded: {refused}", file=sys.stderr)
        return None


def _beside(added: int) -> str:
    return f" and {added:,} added" if added else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.load", description=__doc__)
    add = parser.add_argument
    add("source", metavar="DIR", help="holds .ndjson and .ndjson.gz, also in folders below; or a manifest")
    add("--data", type=Path, required=True, metavar="DATA_DIR", help="the local host's data folder")
    add("--token-file", type=Path, metavar="FILE", help="holds the token that a manifest's files ask for")
    add("--overlay", action="store_true", help="add contact points, consents and slots where there are none")
    add("--as-of", type=date.fromisoformat, metavar="DATE", help="where added slots begin (today)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
