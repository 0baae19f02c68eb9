"""What the day has left behind, counted over HTTP."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from local.flow_stage import MOST_MESSAGES
from local.story_scenes.story_stage import StoryStage

_TASK_STATES = ("requested", "accepted", "in-progress", "completed")


def summary(stage: StoryStage) -> None:
    """Tell what there is now, and where to look."""
    stage.narrator.scene("What the day has left behind")
    _conversations(stage)
    _line(stage, "bookings", (f"{one['wants']} {one['state']}" for one in _bookings(stage)))
    sent = stage.outbox.list(limit=MOST_MESSAGES).items
    _line(stage, "messages", (message.channel for message in sent))
    tasks = [task for state in _TASK_STATES for task in _tasks(stage, state)]
    _line(stage, "tasks", (f"{task['code']} {task['status']}" for task in tasks))
    segments = stage.ask("GET", "/api/segments?limit=100", told=False)["segments"]
    _line(stage, "segments", (one["segment"]["state"] for one in segments))
    parked = stage.rita.ask("GET", "/api/parked", told=False)["messages"]
    stage.narrator.promise(parked == [], "Nothing went wrong behind the scenes: no message is parked.")


def _conversations(stage: StoryStage) -> None:
    board = stage.rita.ask("GET", "/api/conversations?limit=200", told=False)["conversations"]
    _line(stage, "conversations", (f"{one['state']} ({one['closure_reason']})" for one in board))
    stage.narrator.promise(
        all(one["state"] == "closed" and one["owner_kind"] == "nobody" for one in board),
        "Every conversation has come to its end.",
    )


def _bookings(stage: StoryStage) -> list[dict[str, Any]]:
    return [
        booking
        for patient_id in stage.patients
        for booking in _asked(stage, f"/api/patients/{patient_id}/bookings")["bookings"]
    ]


def _asked(stage: StoryStage, path: str) -> dict[str, Any]:
    return stage.sam.ask("GET", path, told=False, reason="counts what the story has left behind")


def _tasks(stage: StoryStage, state: str) -> list[dict[str, Any]]:
    return stage.ask("GET", f"/api/tasks?state={state}&limit=100", told=False)["tasks"]


def _line(stage: StoryStage, noun: str, kinds: Iterable[str]) -> None:
    counts = Counter(kinds)
    shown = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    stage.narrator.quote(f"{counts.total():>3} {noun}: {shown}")
