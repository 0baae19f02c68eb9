"""`python -m local.sample --patients N --out DIR`: write made-up patients as a folder of FHIR R4 NDJSON."""

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from local.progress import Progress
from local.sample.ndjson_folder import NdjsonFolder
from local.sample.person import World
from local.sample.population import population
from shared.kernel.clock import SystemClock

AS_OF = date(2026, 10, 12)
"""The day a set is drawn as of when none is asked for: two weeks before Europe's clocks go back. It never
follows the calendar, so that the same command always writes the same bytes; `--as-of today` does."""
MOST = 1_000_000
_TOO_MANY = f"not between 1 and {MOST:,}"


def write_sample(patients: int, world: World, folder: NdjsonFolder, progress: Progress) -> None:
    """Write everything about the first `patients` patients, and a manifest once all is there."""
    people = population(world)
    with folder:
        for number in range(patients):
            for resource in people.patient(number):
                folder.write(resource)
            progress.at(number + 1, (number + 1) / patients)
    manifest = {
        "seed": world.seed,
        "patients": patients,
        "as_of": world.as_of.isoformat(),
        "resources": {
            kind: {"count": count, "bytes": folder.sizes[kind]} for kind, count in folder.counts.items()
        },
        "total_bytes": sum(folder.sizes.values()),
    }
    (folder.folder / "MANIFEST.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    progress = Progress("patients")
    folder = NdjsonFolder(asked.out, compressed=asked.gzip)
    write_sample(asked.patients, World(asked.seed, asked.as_of), folder, progress)
    progress.finish(asked.patients)
    for kind, count in folder.counts.items():
        print(f"{count:>12,} {kind}")
    megabytes = sum(folder.sizes.values()) / 1e6
    print(f"{sum(folder.counts.values()):>12,} resources, {megabytes:,.1f} MB, in {asked.out}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.sample", description=__doc__)
    add = parser.add_argument
    add("--patients", type=_how_many, required=True, metavar="N", help="how many, up to 1,000,000")
    add("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    add("--seed", type=int, default=1, help="another seed makes up other people (1)")
    add("--as-of", type=day, default=AS_OF, metavar="DATE", help=f"slots begin then; or today ({AS_OF})")
    add("--gzip", action="store_true", help="write .ndjson.gz")
    return parser


def _how_many(text: str) -> int:
    number = int(text.replace(",", "").replace("_", ""))
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(_TOO_MANY)
    return number


def day(text: str) -> date:
    """Read a date as the command line spells it; `today` is the clock's, in UTC."""
    return SystemClock().now().date() if text == "today" else date.fromisoformat(text)


if __name__ == "__main__":
    sys.exit(main())
