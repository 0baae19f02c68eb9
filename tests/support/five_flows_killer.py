"""The one at the plug: kills the house at random points of its work, and starts it again at once."""

import random
import sqlite3
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from local.own_host import OwnHost
from tests.support.five_flows_asking import Pace
from tests.support.five_flows_scene import sent

ITS_ABSENCE = timedelta(seconds=31)
"""How long business takes it to have been away: offers lapse meanwhile, and what was cut off is due."""


@dataclass(frozen=True)
class Mood:
    """How much may be answered or sent between two kills at most, and how many seconds may pass."""

    most_between: int
    patience: tuple[float, float]


IN_PLAY, IN_SILENCE = Mood(60, (0.2, 2.5)), Mood(40, (0.0, 0.6))


class Killer:
    """Kills so many times, each when so much more was answered or sent, or when patience ends."""

    def __init__(self, host: OwnHost, pace: Pace, chance: random.Random, mood: Mood, *, kills: int) -> None:
        self._host, self._pace, self._chance = host, pace, chance
        self._kills, self._mood = kills, mood
        self._thread = threading.Thread(target=self._run)
        self.failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            for _ in range(self._kills):
                self._wait()
                self._host.kill()
                self._host.start()
                self._host.travel_to(self._host.now() + ITS_ABSENCE)
        except BaseException as failure:  # noqa: BLE001  # told to the test by __exit__
            self.failure = failure

    def _wait(self) -> None:
        point = self._done() + self._chance.randint(1, self._mood.most_between)
        ends = time.monotonic() + self._chance.uniform(*self._mood.patience)
        while self._done() < point and time.monotonic() < ends:
            threading.Event().wait(0.005)

    def _done(self) -> int:
        try:
            return self._pace.writes + len(sent(self._host))
        except sqlite3.OperationalError:  # nobody has sent anything yet
            return self._pace.writes
