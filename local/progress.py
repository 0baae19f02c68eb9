"""How far a long piece of work has come, told to whoever waits at the terminal."""

import sys
import time
from collections.abc import Callable
from typing import TextIO


class Progress:
    """Shows what is done, how fast, and how long the rest will take.

    On a terminal one line is written over again and again; anywhere else a line is written every five
    seconds, so that a short run stays quiet and a long one shows in a log that it lives.
    """

    def __init__(
        self, noun: str, stream: TextIO | None = None, stopwatch: Callable[[], float] = time.monotonic
    ) -> None:
        self._noun = noun
        self._stream = stream or sys.stderr
        self._stopwatch = stopwatch
        self._overwrites = self._stream.isatty()
        self._every = 0.2 if self._overwrites else 5.0
        self._began = self._told = stopwatch()

    def at(self, done: int, share: float) -> None:
        """Say that `done` are done, which is that share of the whole; shown only when it is time to."""
        now = self._stopwatch()
        if now - self._told >= self._every:
            self._told = now
            self._write(self._line(done, share, now - self._began), ends="\r" if self._overwrites else "\n")

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self._write(text, ends="\n")

    def finish(self, done: int) -> None:
        """Say what has been done in all, and in what time."""
        took = self._stopwatch() - self._began
        self.say(f"{done:,} {self._noun} in {took:.1f} s ({done / max(took, 1e-9):,.0f} a second)")

    def _line(self, done: int, share: float, took: float) -> str:
        left = took * (1 - share) / share if share > 0 else 0.0
        rate = done / max(took, 1e-9)
        return f"{done:,} {self._noun}, {share:.0%}, {rate:,.0f} a second, {_spoken(left)} to go"

    def _write(self, text: str, *, ends: str) -> None:
        clears = "\r\x1b[K" if self._overwrites else ""
        print(f"{clears}{text}", end=ends, file=self._stream, flush=True)


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
