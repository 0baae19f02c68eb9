"""A patient's chat program: Bot Framework's own Direct Line client, in a process beside."""

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

FOLDER = Path(__file__).parents[1] / "judges" / "directline"
MOST_SECONDS = 30
ONLINE = 2
"""The client's own number for a connection that stands."""

Activity = dict[str, Any]
Event = dict[str, Any]


def is_installed() -> bool:
    """Say whether Node.js and the packages are there."""
    return bool(which("node")) and (FOLDER / "node_modules" / "botframework-directlinejs").is_dir()


class ChatProgram:
    """One run of the client. `activities` is what it has shown, in the order in which it showed it."""

    def __init__(self, domain: str, token: str, conversation_id: str | None = None) -> None:
        known = [conversation_id] if conversation_id else []
        self.activities: list[Activity] = []
        self._events: queue.Queue[Event] = queue.Queue()
        self._process = subprocess.Popen(  # our own program
            [which("node") or "node", str(FOLDER / "chat.cjs"), domain, token, *known],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def says(self, text: str, **more: Any) -> str:
        """Say something; give the id it has been given, or `retry` where nobody was reached."""
        return self.posts({"type": "message", "text": text, **more})

    def posts(self, activity: Activity) -> str:
        """Post an activity; give its id."""
        self._command({"post": activity})
        return self._event("posted")

    def refreshes(self) -> str:
        """Have the token refreshed, and go on with the new one."""
        self._command({"refresh": True})
        return self._event("refreshed")

    def reconnects(self) -> str:
        """Connect anew to the same conversation; give the watermark that it goes on from."""
        self._command({"reconnect": True})
        return self._event("watermark")

    def until_shown(self, holds: Callable[[Activity], bool]) -> Activity:
        """Wait until it has shown such an activity, and give the first."""
        deadline = time.monotonic() + MOST_SECONDS
        while True:
            found = next(filter(holds, self.activities), None)
            if found is not None:
                return found
            self._take(deadline)

    def until_told(self, text: str, *, by: str) -> Activity:
        """Wait until somebody of our side has said something that holds these words."""
        return self.until_shown(
            lambda one: text in one.get("text", "") and one["channelData"].get("role") == by
        )

    def until_online(self) -> None:
        """Wait until the connection stands."""
        deadline = time.monotonic() + MOST_SECONDS
        while self._take(deadline).get("status") != ONLINE:
            pass

    def close(self) -> None:
        """End it, and wait for it."""
        if self._process.poll() is None:
            self._command({"end": True})
        try:
            self._process.wait(timeout=MOST_SECONDS)
        finally:
            self._process.kill()
            self._reader.join()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()

    def _command(self, command: Event) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def _event(self, kind: str) -> str:
        deadline = time.monotonic() + MOST_SECONDS
        while True:
            event = self._take(deadline)
            if kind in event:
                return event[kind]

    def _take(self, deadline: float) -> Event:
        """Take the next event; a failure that the client tells of is one here."""
        try:
            event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            shown = [(one["type"], one.get("text")) for one in self.activities]
            msg = f"the client told nothing more; it has shown {shown}"
            raise TimeoutError(msg) from None
        assert "failed" not in event, event
        if "activity" in event:
            self.activities.append(event["activity"])
        return event

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))
        self._events.put({"failed": "the client has ended"})


@contextmanager
def a_chat_program(domain: str, token: str, conversation_id: str | None = None) -> Generator[ChatProgram]:
    """Have the client run while the block lasts."""
    program = ChatProgram(domain, token, conversation_id)
    try:
        yield program
    finally:
        program.close()
