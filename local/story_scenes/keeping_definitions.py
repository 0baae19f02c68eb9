"""Before the day begins: what shall happen is kept as data, and the shipped segments are taken over."""

import json
from pathlib import Path

from local.flow_scenes import DEFINITIONS as OF_FLOW
from local.story_scenes.story_stage import StoryStage

DEFINITIONS = Path(__file__).parent.parent / "story_definitions"
KINDS = ("templates", "queues", "scenarios", "surveys", "workstreams", "journeys")
OUTREACH = "segment-outreach"
"""The journey that begins with a segment: it goes live once the segments are filled."""


def keep_definitions(stage: StoryStage) -> None:
    """Keep everything but the outreach to a segment."""
    stage.narrator.scene("Nina says what shall happen: every rule of the house is data, kept over HTTP")
    _keep(stage, OF_FLOW, ("triggers", "templates", "journeys"))
    _keep(stage, DEFINITIONS, KINDS)


def keep_outreach(stage: StoryStage) -> None:
    """Let whoever comes into the segment from now on be written to; those who are in it are not."""
    _put(stage, DEFINITIONS / "journeys" / f"{OUTREACH}.json", "journeys", told=True)


def _keep(stage: StoryStage, folder: Path, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        files = [file for file in sorted((folder / kind).glob("*.json")) if file.stem != OUTREACH]
        for file in files:
            _put(stage, file, kind, told=False)
        stage.narrator.say(f"kept   {kind}: {', '.join(file.stem for file in files)}")


def _put(stage: StoryStage, file: Path, kind: str, *, told: bool) -> None:
    stage.ask("PUT", f"/api/{kind}/{file.stem}", body=json.loads(file.read_text()), told=told)
