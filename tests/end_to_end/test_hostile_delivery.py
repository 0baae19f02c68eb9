"""Five thousand changes, told twice, late or never, to a house that is killed three times (FH-3)."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from shared.access.model import Caller, Role
from shared.fhir.criteria import Code, ValueIs
from shared.operations.documents import PARKED_AT
from shared.operations.model import ParkedMessage
from shared.triggers.documents import standing_for
from shared.triggers.model import PollChanges, TriggerDraft
from shared.wiring.composition import Application
from tests.support.fhir_people import HBA1C, LOINC
from tests.support.hostile_hospital import Hospital, final_record
from tests.support.hostile_house import application_in, clock_of
from tests.support.product_machine import LOCKED_FOR
from tests.support.tree import ROOT

SEED = 4
MAKER = Caller("olga", "https://issuer", frozenset({Role.OUTREACH_SPECIALIST}))
KILLED_AFTER = (900, 2_500, 5_000)
"""Calls of the record, the store and the queues, in whose midst the house is killed."""


def a_trigger(when: Any) -> TriggerDraft:
    return TriggerDraft(
        name=f"HbA1c above 7 %, {when}",
        resource_type="Observation",
        when=when,
        codes=(Code(LOINC, HBA1C),),
        conditions=(ValueIs("value", "above", 7.0, unit="%"),),
        state="ready_to_use",
    )


def begin(folder: Path) -> None:
    """Put two triggers in force, and look at the record once, so that from now on nothing is history."""
    clock = clock_of(folder)
    app = application_in(folder, clock)
    for when in ("either", "created"):
        app.put_trigger(a_trigger(when), trigger_id=when, caller=MAKER, now=clock.now(), if_match=None)
    app.poll_record(next(_polls(app)), now=clock.now())
    clock.pass_by(timedelta(seconds=10))
    app.close()


def _polls(app: Application) -> Iterator[Any]:
    for one in app.change_sources.sources:
        yield PollChanges(one.name, "due", app.clock.now())


def run(folder: Path, *, number: int, dies_after: int) -> "subprocess.CompletedProcess[bytes]":
    command = [
        sys.executable,
        "-m",
        "tests.support.hostile_house",
        str(folder),
        str(SEED + number),
        str(dies_after),
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=300)  # our own program


def deliver(hospital: Hospital, *, rounds: int | None = None) -> int:
    clock = clock_of(hospital.folder)
    app = application_in(hospital.folder, clock)
    count = hospital.works(app.queues, clock.now(), rounds=rounds)
    app.close()
    return count


def told(app: Application, queue: str) -> Counter[tuple[str, str, int]]:
    """Give of what trigger, result and version of the firing it was told; what came twice counts once."""
    heard: dict[str, tuple[str, str, int]] = {}
    while (lease := app.receiver.accept_session(queue, lock_for=LOCKED_FOR)) is not None:
        messages = app.receiver.receive_in_session(lease, limit=10_000)
        for message in messages:
            body = json.loads(message.body)
            heard[message.id] = (body["trigger_id"], body["resource_id"], body["version"])
        app.receiver.complete(messages)
        app.receiver.release_session(lease)
    return Counter(heard.values())


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Give a folder in memory, where there is one: what a killed process wrote stands there as on a disk."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of its own in it
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def aftermath(folder: Path) -> Iterator[tuple[Hospital, Application]]:
    """Give the hospital, and the house, when all is over."""
    begin(folder)
    hospital = Hospital(folder, SEED)
    changes = 0
    for number, dies_after in enumerate(KILLED_AFTER):
        changes += deliver(hospital, rounds=14)
        assert run(folder, number=number, dies_after=dies_after).returncode == -signal.SIGKILL
    changes += deliver(hospital)
    last = run(folder, number=len(KILLED_AFTER), dies_after=0)
    assert (last.returncode, changes) == (0, hospital.changes), last.stderr.decode()[-2000:]
    clock = clock_of(folder)
    clock.pass_by(LOCKED_FOR + timedelta(seconds=1))
    app = application_in(folder, clock)
    yield hospital, app
    app.close()


class TestAfterAHostileDelivery:
    def test_each_trigger_has_fired_once_for_each_real_change(
        self, aftermath: tuple[Hospital, Application]
    ) -> None:
        hospital, app = aftermath
        fired, withdrawn = told(app, "journey-starts"), told(app, "journey-stops")

        firings = {
            (trigger, name): firing
            for name in hospital.fates
            for firing in standing_for(app.documents, f"Observation/{name}")
            for trigger in [firing.trigger_id]
        }

        assert max([*fired.values(), *withdrawn.values()]) == 1
        assert {name for trigger, name in firings if trigger == "either"} == hospital.must_stand()
        for name in hospital.must_stand():
            assert firings["either", name].occurrence == 1, name
            assert fired["either", name, 1] == 1, name
        once = {name for name, kind in hospital.fates.items() if kind in ("high", "kept")}
        assert once <= {name for trigger, name in firings if trigger == "created"}
        for trigger in ("either", "created"):
            for name in hospital.fates:
                versions = [version for of, about, version in fired if (of, about) == (trigger, name)]
                taken_back = [version for of, about, version in withdrawn if (of, about) == (trigger, name)]
                assert len(versions) - len(taken_back) == ((trigger, name) in firings), name

    def test_nothing_was_set_aside(self, aftermath: tuple[Hospital, Application]) -> None:
        _, app = aftermath

        assert app.documents.find(PARKED_AT, ParkedMessage).items == ()
        assert [depth.dead for depth in app.receiver.depths() if depth.dead] == []

    def test_what_stands_is_what_the_record_says(self, aftermath: tuple[Hospital, Application]) -> None:
        hospital, app = aftermath
        record = final_record(hospital.folder, app.clock.now())

        high = {
            name
            for name, result in record.items()
            if result["valueQuantity"]["value"] > 7.0 and result["code"]["coding"][0]["code"] == HBA1C
        }

        assert high == hospital.must_stand()
