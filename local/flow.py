"""`make flow`: one real change in one patient's record becomes exactly one message, told as it happens.

Starts a host and a data folder of its own, plays everything over HTTP, and ends with 0 only if every promise
was kept.
"""

import argparse
import sys
import tempfile
from contextlib import closing
from datetime import date
from pathlib import Path

from local.flow_cast import Cast
from local.flow_record import HoldingBack, made_up_patients
from local.flow_scenes import STAFF, FlowScenes
from local.flow_stage import Stage
from local.load import load_folder
from local.narrator import BrokenPromise, Narrator
from local.own_host import HostDidNotStart, own_host
from local.progress import Progress
from local.replay import Replay
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.clock import SystemClock


def main(arguments: list[str] | None = None) -> int:
    """Play the flow; give the exit status."""
    said = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="flow-") as temporary:
        try:
            _play(said.keep or Path(temporary), said.data, said.as_of)
        except (BrokenPromise, HostDidNotStart, TimeoutError) as broken:
            print(f"\nThe flow broke: {broken or type(broken).__name__}", file=sys.stderr)
            return 1
    return 0


def _play(folder: Path, data: Path | None, as_of: date | None) -> None:
    print("One change in a patient's record becomes one message, in a house of its own.")
    held_back = _filled(folder, data, as_of)
    with own_host(folder) as host:
        narrator = Narrator(host.http)
        stage = Stage(host, narrator, host.token("staff", subject="nina", roles=list(STAFF)))
        scenes = FlowScenes(stage, Cast(host, stage.token))
        scenes.keep_definitions()
        if data is not None:
            Replay(host, narrator, data, stage.token).play(held_back.held)
        scenes.begin(as_of or SystemClock().now().date())
        scenes.one_change_one_message()
        scenes.three_days_later()
        scenes.at_night()
        scenes.who_said_no()
        scenes.who_has_died()
        scenes.corrected_result()
        print(f"\nAll of it held. The house stood at {host.url}; start your own with `make run`, and look")
        print("at /local (messages, queues, time travel), /api/docs (every route) and /fhir (the record).")


def _filled(folder: Path, data: Path | None, as_of: date | None) -> HoldingBack:
    """Load the record as history, which starts nothing; give the results that were held back to be news."""
    source = data or made_up_patients(folder / "sample", as_of)
    folder.mkdir(parents=True, exist_ok=True)
    with closing(SqliteRecord(folder / "record.db", clock=SystemClock())) as record:
        held_back = HoldingBack(record, hold=data is not None)
        counts = load_folder(
            source, held_back, overlay=data is not None, progress=Progress("resources"), as_of=as_of
        )
    print(f"   {counts.total:,} resources are in the record; loading history starts nothing.")
    return held_back


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make flow", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, help="a folder of FHIR NDJSON whose HbA1c results are replayed live")
    add("--as-of", type=date.fromisoformat, help="the day on which the story begins")
    add("--keep", type=Path, help="a folder to play in and keep")
    return parser


if __name__ == "__main__":
    sys.exit(main())
