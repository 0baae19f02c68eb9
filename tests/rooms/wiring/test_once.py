"""What threads share is made once, though Python's own `cached_property` has had no lock since 3.12."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import TypeVar

import pytest

from shared.wiring import composition
from shared.wiring.composition import Application, application, serve_as
from shared.wiring.once import once
from shared.wiring.settings import Settings
from tests.support.tree import ROOT

T = TypeVar("T")

THREADS = 16
EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]


class Meeting:
    """Where two meet who make the same thing at the same time; whoever waits in vain is alone."""

    def __init__(self) -> None:
        self.came = 0
        self._two = Barrier(2, timeout=0.3)

    def wait_for_another(self) -> None:
        self.came += 1
        try:
            self._two.wait()
        except BrokenBarrierError:
            self._two.abort()


class Hospital:
    """It has a door, and a bell at the door."""

    def __init__(self) -> None:
        self.meeting = Meeting()
        self.bells = 0

    @once
    def door(self) -> object:
        self.meeting.wait_for_another()
        return object()

    @once
    def bell(self) -> tuple[str, object]:
        self.bells += 1
        if self.bells == 1:
            raise ConnectionError
        return "bell", self.door


def asked_by_all(ask: Callable[[], T]) -> list[T]:
    """Ask in many threads at the same moment; give what each was given."""
    together = Barrier(THREADS)

    def one(_: int) -> T:
        together.wait()
        return ask()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(one, range(THREADS)))


class TestOnce:
    def test_makes_one_for_all_threads(self) -> None:
        hospital = Hospital()

        doors = asked_by_all(lambda: hospital.door)

        assert hospital.meeting.came == 1
        assert set(doors) == {hospital.door}

    def test_makes_one_for_each_owner(self) -> None:
        assert Hospital().door is not Hospital().door

    def test_may_ask_for_another_and_is_tried_again_after_it_failed(self) -> None:
        hospital = Hospital()

        with pytest.raises(ConnectionError):
            _ = hospital.bell

        assert "bell" not in vars(hospital)
        assert hospital.bell == ("bell", hospital.door)
        assert hospital.bells == 2

    def test_gives_way_to_what_is_assigned_or_put_in_by_name(self) -> None:
        hospital = Hospital()
        wooden, iron = object(), object()

        hospital.door = wooden
        assert (hospital.door, vars(hospital)["door"]) == (wooden, wooden)

        vars(hospital)["door"] = iron
        assert hospital.door is iron
        assert hospital.meeting.came == 0

    def test_is_how_the_wiring_makes_everything(self) -> None:
        files = [path for path in (ROOT / "shared" / "wiring").rglob("*.py") if path.name != "once.py"]

        assert not [path for path in files if "cached_property" in path.read_text()]


class TestTheApplication:
    def test_of_a_process_is_one_for_all_threads(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in (EXAMPLE | {"DATA_FOLDER": str(tmp_path)}).items():
            monkeypatch.setenv(name, value)
        meeting = Meeting()

        def build(settings: Settings) -> Application:
            meeting.wait_for_another()
            return Application(settings)

        monkeypatch.setattr(composition, "build", build)
        serve_as(None)
        try:
            served = asked_by_all(application)
        finally:
            serve_as(None)

        assert meeting.came == 1
        assert len(set(served)) == 1
