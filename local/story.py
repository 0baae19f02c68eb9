"""`make story`: the five flows in a few minutes, by patients, a representative and a supervisor over HTTP.

Starts a host and a data folder of its own, tells each step as it happens, and ends with 0 only if every
promise was kept. With `--store cosmos --queues servicebus` the same house keeps its documents and messages
through Azure's own SDKs, in stand-ins of Azure's services; with `--record fhir` its record is a FHIR server
in another process.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from local.beside import DidNotStart
from local.flow_record import made_up_patients
from local.flow_scenes import FlowScenes
from local.lake import fill_lake
from local.load import load_folder
from local.narrator import BrokenPromise, Narrator
from local.on_azure import on_azure
from local.own_host import HostDidNotStart, OwnHost, a_free_port, own_host
from local.progress import Progress
from local.record_elsewhere import record_elsewhere
from local.sample.__main__ import AS_OF
from local.story_scenes.booking import BookingScenes
from local.story_scenes.chat import ChatScenes
from local.story_scenes.keeping_definitions import keep_definitions
from local.story_scenes.nobody_answers import nobody_answers
from local.story_scenes.segments import SegmentScenes
from local.story_scenes.story_stage import StoryStage
from local.story_scenes.summary import summary
from local.story_scenes.survey import SurveyScenes
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.clock import SystemClock

MADE_UP = 150


def main(arguments: list[str] | None = None) -> int:
    """Play the story; give the exit status."""
    said = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="story-") as temporary:
        try:
            with on_azure(Path(temporary) / "azure", store=said.store, queues=said.queues) as options:
                folder = said.keep or Path(temporary) / "house"
                if said.record == "fhir":
                    _play_elsewhere(folder, said.data, said.as_of, options)
                else:
                    _play(folder, said.data, said.as_of, options)
        except (BrokenPromise, DidNotStart, HostDidNotStart, TimeoutError) as broken:
            print(f"\nThe story broke: {broken or type(broken).__name__}", file=sys.stderr)
            return 1
    return 0


def _play(folder: Path, data: Path | None, as_of: date | None, options: Sequence[str]) -> None:
    print("A hospital's day, in a house of its own.")
    _fill(folder, data, as_of)
    with own_host(folder, options=options) as host:
        _tell_all(host, data, as_of)


def _play_elsewhere(folder: Path, data: Path | None, as_of: date | None, options: Sequence[str]) -> None:
    """Play it in a house whose record is a FHIR server in a process of its own, asked over HTTP."""
    print("A hospital's day, in a house of its own, over the hospital's own FHIR server.")
    hospital, port = folder / "hospital", a_free_port()
    _fill(hospital, data, as_of)
    with (
        record_elsewhere(hospital, port=port) as record,
        own_host(folder, options=(*options, *record), port=port) as host,
    ):
        _tell_all(host, data, as_of)


def _tell_all(host: OwnHost, data: Path | None, as_of: date | None) -> None:
    _tell(StoryStage(host, Narrator(host.http)), data, as_of or AS_OF)
    print(f"\nAll of it held. The house stood at {host.url}; start your own with `make run`, and look")
    print("at /local (messages, queues, time travel), /api/docs (every route) and /fhir (the record).")


def _tell(stage: StoryStage, data: Path | None, day: date) -> None:
    """Play the scenes in the order of the day."""
    keep_definitions(stage)
    segments = SegmentScenes(stage, day)
    segments.ten_are_installed(data)
    flow = FlowScenes(stage, stage.cast)
    flow.begin(day)
    flow.one_change_one_message()
    chat = ChatScenes(stage)
    chat.the_bot_answers()
    chat.somebody_is_asked_for()
    chat.sam_takes_it()
    chat.they_talk()
    booking = BookingScenes(stage, chat)
    booking.sam_books()
    booking.somebody_is_too_late()
    booking.the_bot_books()
    survey = SurveyScenes(stage, chat, booking)
    survey.sam_wraps_up()
    survey.it_is_answered()
    survey.a_link_is_forged()
    survey.somebody_is_not_content()
    booking.it_is_moved()
    booking.one_is_cancelled()
    segments.somebody_comes_in_and_leaves()
    nobody_answers(stage)
    booking.the_day_before()
    summary(stage)


def _fill(folder: Path, data: Path | None, as_of: date | None) -> None:
    """Load the record as history, which starts nothing, and let the lake follow it."""
    source = data or made_up_patients(folder / "sample", as_of, how_many=MADE_UP)
    folder.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    with closing(SqliteRecord(folder / "record.db", clock=clock)) as record:
        counts = load_folder(
            source, record, overlay=data is not None, progress=Progress("resources"), as_of=as_of
        )
        in_lake = Progress("resources in the lake")
        fill_lake(record, folder, clock=clock, held=counts.read, progress=in_lake)
    print(f"   {counts.total:,} resources are in the record; loading history starts nothing.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make story", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, help="a folder of FHIR NDJSON to play in, made reachable and bookable")
    add("--as-of", type=date.fromisoformat, help="the day on which the story begins")
    add("--store", choices=("sqlite", "cosmos"), default="sqlite", help="where documents are kept")
    add("--queues", choices=("sqlite", "servicebus"), default="sqlite", help="where messages wait")
    add("--record", choices=("embedded", "fhir"), default="embedded", help="where the record is kept")
    add("--keep", type=Path, help="a folder to play in and keep")
    return parser


if __name__ == "__main__":
    sys.exit(main())
