"""Before the day begins: what shall happen is kept as data, and the shipped segments are taken over."""

import json
from itertools import groupby
from pathlib import Path

from local.definitions import definitions, outreach
from local.story_scenes.story_stage import StoryStage


def keep_definitions(stage: StoryStage) -> None:
    """Keep everything but the outreach to a segment."""
    stage.narrator.scene("Nina says what shall happen: every rule of the house is data, kept over HTTP")
    for kind, found in groupby(definitions(), key=lambda each: each[0]):
        files = [file for _, file in found]
        for file in files:
            _put(stage, kind, file, told=False)
        stage.narrator.say(f"kept   {kind}: {', '.join(file.stem for file in files)}")


def keep_outreach(stage: StoryStage) -> None:
    """Let whoever comes into the segment from now on be written to; those who are in it are not."""
    _put(stage, *outreach(), told=True)


def _put(stage: StoryStage, kind: str, file: Path, *, told: bool) -> None:
    stage.ask("PUT", f"/api/{kind}/{file.stem}", body=json.loads(file.read_text()), told=told)
