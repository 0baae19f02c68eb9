"""Nobody is on duty: a patient waits in vain, and is called back."""

from datetime import timedelta

from local.story_scenes.chat_window import opened_by, texts
from local.story_scenes.story_cast import called
from local.story_scenes.story_stage import StoryStage

PATIENCE = timedelta(minutes=20)
"""As the workstream has it (CV-8)."""
_A_MINUTE = timedelta(minutes=1)


def nobody_answers(stage: StoryStage) -> None:
    """Let a chat wait for twenty minutes: it is closed kindly, and a task stands on the list."""
    person = stage.cast.next()
    stage.narrator.scene(f"Sam has gone home; {called(person)} asks for a person, and waits in vain")
    stage.sam.ask("PUT", "/api/me/presence", body={"presence": "offline"})
    window = opened_by(stage, person)
    window.reads()
    window.says("A nurse, please")
    stage.passes(PATIENCE - _A_MINUTE)
    stage.narrator.promise(not window.reads(), "After nineteen minutes it still waits.")
    stage.passes(2 * _A_MINUTE)
    said = texts(window.reads(), "system")
    stage.narrator.promise("sorry" in said, "After twenty the patient is told so, and it is closed.")
    tasks = stage.open_tasks("call-back", person)
    stage.narrator.promise(len(tasks) == 1, "One task stands on the list: call back, as soon as possible.")
